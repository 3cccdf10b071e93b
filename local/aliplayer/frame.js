// Runs Aliplayer in a sandboxed frame. The page sends the credential; the frame reports back.
"use strict";
(() => {
  const page = new URL(location.href).origin; // the frame's own origin is opaque
  const tell = (message) => parent.postMessage(message, page);

  // An opaque origin has no storage, and the player uses it without asking.
  function memory() {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() {
        return kept.size;
      },
    };
  }
  for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { value: memory() });
  }
  Object.defineProperty(document, "cookie", { get: () => "", set: () => {} });

  function start({ vid, playauth, region, server, licence, language }) {
    const player = new window.Aliplayer({
      id: "player",
      vid,
      playauth,
      region,
      autoplay: true,
      language,
      license: licence,
      width: "100%",
      height: "100%",
      // The cloud of this machine instead of https://vod.<region>.aliyuncs.com
      customVodServer: server,
      customVodServerFirst: true,
    });
    for (const name of ["ready", "playing", "ended"]) player.on(name, () => tell({ kind: name }));
    player.on("error", ({ paramData }) => tell({ kind: "error", code: Number(paramData?.error_code) }));
  }

  addEventListener("message", (event) => {
    if (event.source === parent && event.origin === page) start(event.data);
  });

  const script = document.createElement("script");
  script.src = "build/aliplayer-min.js";
  script.onload = () => tell({ kind: "loaded" });
  script.onerror = () => tell({ kind: "error", code: 0 });
  document.head.append(script);
})();
