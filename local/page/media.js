// What kind of medium a file is, and a small picture of it, made in the browser.

const IMAGES = ["png", "jpg", "jpeg", "gif", "heic", "webp"];
const SUBTITLES = ["srt", "ass", "stl", "ttml", "vtt"];
const WIDTH = 400; // of a picture, in pixels
const LONGEST = 5_000; // ms to wait for a frame

const extension = (name) => /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";

/** `video`, `image` or `attached`. What is none of them counts as a video, and VOD's rules decide. */
export function kindOf({ name }) {
  if (IMAGES.includes(extension(name))) return "image";
  return SUBTITLES.includes(extension(name)) ? "attached" : "video";
}

/** The fields of POST /upload for a file. */
export function fieldsOf(file) {
  const kind = kindOf(file);
  if (kind === "image") return { MediaType: "image" };
  return kind === "attached" ? { MediaType: "attached", BusinessType: "subtitle" } : {};
}

/** `{picture, duration}` of a file: a data URL, and seconds. What is unknown is left out. */
export async function lookAt(file) {
  const url = URL.createObjectURL(file);
  try {
    const kind = kindOf(file);
    if (kind === "image") return { picture: await ofImage(url) };
    return kind === "video" ? await ofVideo(url) : {};
  } catch {
    return {}; // The browser does not know this format.
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function ofImage(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return drawn(image, image.naturalWidth, image.naturalHeight);
}

async function ofVideo(url) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = url;
  try {
    await happened(video, "loadeddata");
    const duration = Number.isFinite(video.duration) ? video.duration : undefined;
    if (!video.videoWidth) return { duration };
    video.currentTime = Math.min(0.5, (duration ?? 0) / 2);
    await happened(video, "seeked");
    return { duration, picture: drawn(video, video.videoWidth, video.videoHeight) };
  } finally {
    video.removeAttribute("src");
    video.load();
  }
}

function happened(video, name) {
  return new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", () => reject(new Error("not playable")), { once: true });
    setTimeout(() => reject(new Error("too slow")), LONGEST);
  });
}

function drawn(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.max(1, Math.round((WIDTH * height) / width));
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.7);
}
