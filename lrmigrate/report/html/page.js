// Filters, keys and the theme. The page is whole without it: this only hides, moves and recolours.
"use strict";
{
  const form = document.getElementById("filters");
  const help = document.getElementById("help");
  const sites = [...document.querySelectorAll("article")];
  const files = [...document.querySelectorAll("section.file")];
  let current = null;

  /* Filters: the form is what is shown, the address is what is shared. */

  const wanted = () => [...new FormData(form)].filter(([, value]) => value !== "");

  const fits = (facets, [name, value]) =>
    name === "file" ? facets.file.toLowerCase().includes(value.toLowerCase()) : facets[name] === value;

  function show() {
    const filters = wanted();
    let count = 0;
    for (const file of files) {
      let any = false;
      for (const site of file.querySelectorAll("article")) {
        const facets = { ...file.dataset, ...site.dataset };
        site.hidden = !filters.every((filter) => fits(facets, filter));
        any ||= !site.hidden;
        count += !site.hidden;
      }
      file.hidden = !any;
    }
    form.querySelector("output").textContent = `${count} of ${sites.length}`;
    document.getElementById("nothing").hidden = count > 0;
  }

  function share() {
    const text = new URLSearchParams(wanted()).toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  function ask(asked) {
    for (const control of form.elements) {
      if (!control.name) continue;
      control.value = asked.get(control.name) ?? "";
      if (control.selectedIndex === -1) control.value = ""; // a value that this report does not have
    }
    show();
  }

  function readAddress() {
    const text = location.hash.slice(1);
    if (text === "" || text.includes("=")) {
      ask(new URLSearchParams(text));
      return;
    }
    const site = sites.find((one) => one.id === text);
    if (site?.hidden) ask(new URLSearchParams());
    if (site) go(site);
  }

  function clear() {
    if (!form) return;
    ask(new URLSearchParams());
    share();
  }

  /* Moving from site to site. */

  const shown = () => sites.filter((site) => !site.hidden);

  function go(site) {
    current = site;
    site.focus({ preventScroll: true });
    site.scrollIntoView({ block: "start" });
  }

  function move(by) {
    const list = shown();
    const inside = document.activeElement.closest("article") ?? current;
    const at = list.indexOf(inside);
    const next = at < 0 ? list.find((site) => site.getBoundingClientRect().bottom > 0) : list[at + by];
    if (next) go(next);
  }

  /* The theme, remembered where the browser allows it. */

  const themes = ["system", "light", "dark"];
  const button = document.getElementById("theme");

  function setTheme(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  }

  function nextTheme() {
    const now = document.documentElement.dataset.theme ?? "system";
    const theme = themes[(themes.indexOf(now) + 1) % themes.length];
    setTheme(theme);
    try {
      localStorage.setItem("lrmigrate-theme", theme);
    } catch {
      // a page from a file may have no storage: the choice then lasts as long as the page
    }
  }

  function storedTheme() {
    try {
      return localStorage.getItem("lrmigrate-theme");
    } catch {
      return null;
    }
  }

  /* Keys. */

  const actions = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => form?.elements.file.select(),
    "?": () => help.showModal(),
    c: clear,
    t: nextTheme,
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    if (typing && event.key === "Escape") event.target.blur();
    if (typing || help.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (Object.hasOwn(actions, event.key)) {
      event.preventDefault();
      actions[event.key]();
    }
  });

  button.addEventListener("click", nextTheme);
  document.getElementById("help-button").addEventListener("click", () => help.showModal());
  document.querySelector(".tools").hidden = false;
  const stored = storedTheme();
  if (themes.includes(stored)) setTheme(stored);

  if (form) {
    form.hidden = false;
    document.getElementById("still").hidden = true;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => { show(); share(); });
    document.getElementById("clear").addEventListener("click", clear);
    window.addEventListener("hashchange", readAddress);
    readAddress();
  }
}
