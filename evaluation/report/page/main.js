// What ties the page together: the address (what is shown is in it), the keys, light and dark.

const FIELDS = ["verdict", "bench", "subject", "level", "series", "stop", "flip"];
const narrow = matchMedia("(max-width: 820px)");
let browser = null;

// Writes what is shown into the address, so that it can be copied, reloaded and gone back to.
function remember({ archive, filter, sample }) {
  const fields = new URLSearchParams(FIELDS.filter((name) => filter[name]).map((name) => [name, filter[name]]));
  filter.flags.forEach((flag) => fields.append("has", flag));
  if (filter.query) fields.set("q", filter.query);
  const path = sample === null ? "trajectories" : encodeURI(archive.address(sample)).replaceAll("?", "%3F").replaceAll("#", "%23");
  const address = `#${path}${String(fields) ? `?${fields}` : ""}`;
  try {
    if (address !== location.hash) history.replaceState(null, "", address);
  } catch { /* some browsers allow only so many changes in a while: then the address follows with the next one */ }
}

// Shows what the address says: a section of the report, the trajectories with filters, or one trajectory.
async function follow() {
  const [path, fields] = location.hash.slice(1).split("?");
  const target = decodeURI(path || "").replaceAll("%3F", "?").replaceAll("%23", "#");
  const inBrowser = byId("index") !== null && (target === "trajectories" || (target.includes("/") && browser?.archive.find(target) !== null));
  document.body.classList.toggle("browsing", inBrowser && browser !== null);
  byId("report").hidden = inBrowser;
  byId("browser").hidden = !inBrowser;
  byId("open").setAttribute("aria-current", inBrowser ? "page" : "false");
  if (!inBrowser) return byId(target)?.scrollIntoView();
  if (browser === null) return undefined; // the archive is still being unpacked, and follows when it is
  const given = new URLSearchParams(fields);
  FIELDS.forEach((name) => { browser.filter[name] = given.get(name) ?? ""; });
  Object.assign(browser.filter, { flags: given.getAll("has").filter((flag) => flag in FLAGS), query: given.get("q") ?? "", deep: false });
  byId("query").value = browser.filter.query;
  browser.inSteps = null;
  browser.sample = target === "trajectories" ? null : browser.archive.find(target);
  browser.refresh();
  if (browser.sample === null && browser.rows.length && !narrow.matches) return browser.moveRow(1);
  return browser.open(browser.sample);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("mathsolve-theme", theme);
  } catch { /* a file may not keep anything: then the choice lasts as long as the page */ }
}

function switchTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  setTheme(now === "dark" ? "light" : "dark");
}

function escape() {
  if (document.activeElement === byId("query")) return byId("list").focus();
  if (document.body.classList.contains("reading") && narrow.matches) return browser.open(null);
  location.hash = "#summary";
  return undefined;
}

async function search() {
  if (byId("browser").hidden) {
    location.hash = "#trajectories";
    await follow();
  }
  byId("query").select();
}

const KEYS = {
  "/": search,
  j: () => browser.moveRow(1), k: () => browser.moveRow(-1), ArrowDown: () => browser.moveRow(1), ArrowUp: () => browser.moveRow(-1),
  l: () => browser.moveSample(1), h: () => browser.moveSample(-1), ArrowRight: () => browser.moveSample(1), ArrowLeft: () => browser.moveSample(-1),
  c: () => copy(location.href), t: switchTheme, "?": () => byId("keys").showModal(), Escape: escape,
};
const ANYWHERE = new Set(["/", "t", "?"]);

function onKey(event) {
  const writing = event.target.matches("input[type=search]"), choosing = event.target.matches("select, summary, dialog *");
  if (event.ctrlKey || event.metaKey || event.altKey || choosing || (writing && !["Escape", "ArrowDown", "ArrowUp"].includes(event.key))) return;
  const act = KEYS[event.key], inDetail = event.target.closest?.("pre") && event.key.startsWith("Arrow");
  if (!act || inDetail || !browser || (byId("browser").hidden && !ANYWHERE.has(event.key))) return;
  event.preventDefault();
  act();
}

async function begin() {
  try {
    const kept = localStorage.getItem("mathsolve-theme");
    if (kept) document.documentElement.dataset.theme = kept;
  } catch { /* as above */ }
  byId("theme").addEventListener("click", switchTheme);
  addEventListener("hashchange", follow);
  document.addEventListener("keydown", onKey);
  await follow();
  if (byId("index") !== null) browser = new Browser(await Archive.open());
  else byId("open").hidden = true; // figures alone
  document.documentElement.dataset.ready = "true";
  await follow();
}

begin();
