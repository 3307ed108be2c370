// Lays boxes and texts over the images; all texts go in as text, never as HTML.
(() => {
  "use strict";
  const { pictures } = JSON.parse(document.getElementById("pictures").textContent);
  const reader = document.getElementById("choose-reader");
  const showFound = document.getElementById("show-found");
  const showTruth = document.getElementById("show-truth");
  const showTexts = document.getElementById("show-texts");
  const dialog = document.getElementById("enlarged");
  const frames = [...document.querySelectorAll(".pictures .frame")];
  let open = 0;

  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const found = (index) => pictures[index].found[reader.value] ?? [];
  const outlines = (lines, kind) =>
    lines.flatMap((line, number) => {
      if (!line.quad) return [];
      const shape = svg("polygon", { points: line.quad.map((point) => point.join(",")).join(" "), class: kind, "data-line": number });
      if (line.ignore) shape.classList.add("ignored");
      return [shape];
    });
  // A text along the upper side of its quad, no longer than the quad.
  const written = (lines, kind) =>
    lines.flatMap(({ text, quad }) => {
      if (!quad || !text) return [];
      const [[x, y], [x2, y2], [x3, y3]] = quad;
      const [width, height] = [Math.hypot(x2 - x, y2 - y), Math.hypot(x3 - x2, y3 - y2)];
      const size = Math.max(4, Math.min(0.7 * height, (1.75 * width) / text.length));
      const turn = (Math.atan2(y2 - y, x2 - x) * 180) / Math.PI;
      const element = svg("text", { x, y, dy: -0.2 * size, "font-size": size, "stroke-width": size / 4, class: kind, transform: `rotate(${turn} ${x} ${y})` });
      element.textContent = text;
      return [element];
    });
  const overlay = (index, texts) => {
    const { width, height, truth } = pictures[index];
    const layer = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "overlay", "aria-hidden": "true" });
    if (showTruth.checked) layer.append(...outlines(truth, "truth"));
    if (showFound.checked) layer.append(...outlines(found(index), "found"));
    if (texts && showFound.checked) layer.append(...written(found(index), "found"));
    else if (texts && showTruth.checked) layer.append(...written(truth, "truth"));
    return layer;
  };
  const lay = (frame, index, texts = false) => {
    frame.querySelector("svg")?.remove();
    frame.append(overlay(index, texts));
  };

  const quiet = (text) => {
    const span = document.createElement("span");
    span.textContent = text;
    span.className = "quiet";
    return span;
  };
  const listed = (lines, kind) =>
    lines.map((line, number) => {
      const item = document.createElement("li");
      item.append(line.text || quiet("(empty)"));
      if (typeof line.confidence === "number") item.append(" ", quiet(line.confidence.toFixed(2)));
      if (line.ignore) item.append(" (don’t care)");
      if (!line.quad) item.append(" (no box)");
      const light = (on) => dialog.querySelector(`polygon.${kind}[data-line="${number}"]`)?.classList.toggle("lit", on);
      item.addEventListener("mouseenter", () => light(true));
      item.addEventListener("mouseleave", () => light(false));
      return item;
    });
  const enlarge = (index) => {
    open = (index + pictures.length) % pictures.length;
    const place = dialog.querySelector(".frame");
    place.replaceChildren(frames[open].querySelector("img").cloneNode());
    place.style.setProperty("--ratio", pictures[open].width / pictures[open].height);
    lay(place, open, showTexts.checked);
    dialog.querySelector(".title").replaceChildren(...frames[open].parentElement.querySelector("figcaption").cloneNode(true).childNodes);
    dialog.querySelector("ul.found").replaceChildren(...listed(found(open), "found"));
    dialog.querySelector("ul.truth").replaceChildren(...listed(pictures[open].truth, "truth"));
    if (!dialog.open) dialog.showModal();
  };
  // The same choice of the engine stands in the enlarged view.
  const copy = reader.cloneNode(true);
  copy.removeAttribute("id");
  copy.setAttribute("aria-label", "Read by");
  dialog.querySelector(".reader").append(copy);
  copy.addEventListener("change", () => {
    reader.value = copy.value;
    update();
  });
  const update = () => {
    copy.value = reader.value;
    frames.forEach((frame, index) => lay(frame, index));
    if (dialog.open) enlarge(open);
  };

  document.querySelector("#gallery .choose").hidden = false;
  for (const control of [reader, showFound, showTruth, showTexts]) control.addEventListener("change", update);
  frames.forEach((frame, index) => frame.addEventListener("click", () => enlarge(index)));
  for (const button of dialog.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => enlarge(open + Number(button.dataset.step)));
  }
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") enlarge(open - 1);
    if (event.key === "ArrowRight") enlarge(open + 1);
  });
  update();
})();
