// Builds elements. All text is set as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

/**
 * An element. `attributes` may have `class`, `dataset`, `on` (listeners by event name), boolean
 * attributes, and text attributes. Children that are null or false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (name === "dataset") {
      Object.assign(made.dataset, value);
    } else if (value === true) {
      made.setAttribute(name, "");
    } else {
      made.setAttribute(name, value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

/** One of the symbols at the end of index.html, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button with an icon. With `quiet` text, the text is its label for screen readers only. */
export function button(name, text, listener, { kind = "quiet", iconOnly = false, ...more } = {}) {
  return h(
    "button",
    {
      type: "button",
      class: `${kind}${iconOnly ? " icon-only" : ""}`,
      "aria-label": iconOnly ? text : undefined,
      title: iconOnly ? text : undefined,
      on: { click: listener },
      ...more,
    },
    icon(name),
    iconOnly ? null : h("span", {}, text),
  );
}

const FOCUSABLE = "a, button, input, select, summary, textarea, [tabindex]";

const keyOf = (child, index) => child.dataset.key ?? String(index);
const focusableIn = (child) => [child, ...child.querySelectorAll("*")].filter((one) => one.matches(FOCUSABLE));

/**
 * Replace the children of `parent`. The focus stays where it was: in the child with the same
 * `data-key` (without one, at the same place), on the control at the same place.
 */
export function refill(parent, children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const old = [...parent.children];
  const at = focused ? old.findIndex((child) => child.contains(focused)) : -1;
  const key = at < 0 ? null : keyOf(old[at], at);
  const place = at < 0 ? -1 : focusableIn(old[at]).indexOf(focused);
  parent.replaceChildren(...children);
  if (place < 0) return;
  const now = [...parent.children].find((child, index) => keyOf(child, index) === key);
  if (!now) return;
  const controls = focusableIn(now);
  controls[Math.min(place, controls.length - 1)]?.focus({ preventScroll: true });
}
