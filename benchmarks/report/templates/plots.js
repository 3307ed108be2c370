// Draws the plots in place of their pictures; where one fails, its picture stays.
(() => {
  "use strict";
  const { plots, dark } = JSON.parse(document.getElementById("plots").textContent);
  const views = new Map();
  const chosen = new Map(); // plot -> {signal: value}

  const translated = (value) => {
    if (typeof value === "string") return Object.hasOwn(dark, value) ? dark[value] : value;
    if (Array.isArray(value)) return value.map(translated);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, translated(child)]));
  };

  const box = document.createElement("div");
  box.className = "tip";
  box.hidden = true;
  document.body.append(box);
  const tip = (handler, event, item, value) => {
    box.hidden = value === null || value === undefined || value === "";
    if (box.hidden) return;
    box.replaceChildren();
    const [name, ...rest] = String(value).split("\n");
    const head = document.createElement("strong");
    head.textContent = name;
    box.append(head, document.createTextNode(["", ...rest].join("\n")));
    const place = box.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, innerWidth - place.width - 8);
    const below = event.clientY + 14 + place.height < innerHeight;
    box.style.left = `${Math.max(8, left)}px`;
    box.style.top = `${below ? event.clientY + 14 : event.clientY - place.height - 10}px`;
  };

  const draw = async (figure) => {
    const key = figure.dataset.plot;
    const place = figure.querySelector(".canvas");
    const spec = isDark() ? translated(plots[key].spec) : plots[key].spec;
    views.get(key)?.finalize();
    figure.classList.add("drawn");
    try {
      const made = await vegaEmbed(place, spec, { mode: "vega", actions: false, tooltip: tip, renderer: "canvas" });
      views.set(key, made.view);
      for (const [signal, value] of Object.entries(chosen.get(key) ?? {})) made.view.signal(signal, value);
      await made.view.runAsync();
    } catch (error) {
      figure.classList.remove("drawn");
      console.error(`plot ${key}: ${error}`);
    }
  };

  let turn = Promise.resolve();
  const drawAll = () => {
    box.hidden = true;
    for (const figure of document.querySelectorAll("figure.plot")) turn = turn.then(() => draw(figure));
    turn = turn.then(() => { document.documentElement.dataset.drawn = isDark() ? "dark" : "light"; });
  };

  const fill = (controls, key) => {
    const [sets, metrics] = ["set", "metric"].map((name) => controls.querySelector(`[data-signal="${name}"]`));
    if (!key || !metrics) return;
    for (const option of metrics.options) {
      option.hidden = option.disabled = !plots[key].pairs.some(([set, metric]) => set === sets.value && metric === option.value);
    }
    if (metrics.selectedOptions[0]?.disabled) metrics.value = [...metrics.options].find((option) => !option.disabled)?.value ?? "";
    chosen.set(key, { set: sets.value, metric: metrics.value });
  };

  for (const controls of document.querySelectorAll(".choose:has([data-signal])")) {
    const key = controls.dataset.for ?? (plots.accuracy ? "accuracy" : null);
    controls.hidden = false;
    fill(controls, key);
    const results = [...document.querySelectorAll(".result")].filter((result) => result.dataset.of === controls.dataset.of);
    const update = () => {
      box.hidden = true;
      fill(controls, key);
      const set = controls.querySelector('[data-signal="set"]').value;
      for (const result of results) result.hidden = result.dataset.set !== set;
      const view = views.get(key);
      if (!view) return;
      for (const [signal, value] of Object.entries(chosen.get(key))) view.signal(signal, value);
      view.runAsync();
    };
    controls.addEventListener("change", update);
    update();
  }
  document.addEventListener("theme", drawAll);
  addEventListener("scroll", () => { box.hidden = true; }, { passive: true });
})();
