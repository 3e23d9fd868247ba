// Live regions: keep focus and folded parts over a swap, mark what changed, say when the page is no longer live.
"use strict";

(() => {
  const STOPPED_MS = 30_000;
  const CHANGED_MS = 4_000;
  const TICK_MS = 5_000;
  let lastAnswer = Date.now();
  const before = new Map();

  const polled = (event) => event.detail.elt?.closest?.("[data-poll]") === event.detail.elt && event.detail.elt;
  const clock = (moment) =>
    new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.zone || undefined }).format(moment);
  const states = (root) => new Map([...root.querySelectorAll("[data-state][id]")].map((row) => [row.id, row.dataset.state]));

  function newRows(held, markup) {
    const fresh = new DOMParser().parseFromString(markup, "text/html");
    return [...fresh.querySelectorAll("[data-state][id]")].filter((row) => !held.has(row.id)).length;
  }

  // The rows of a checklist that nobody is writing in follow at once; the one with something typed stays as it is.
  const written = (row) =>
    [...row.querySelectorAll("input:not([type=hidden])")].some((box) => box.value !== box.defaultValue || box === document.activeElement) ||
    row.querySelector("[data-unsaved]") !== null;

  function followRows(list, markup) {
    const fresh = new DOMParser().parseFromString(markup, "text/html").getElementById(list.id);
    const head = list.querySelector(".panel-head");
    if (!fresh || !head) return;
    head.innerHTML = fresh.querySelector(".panel-head")?.innerHTML ?? head.innerHTML;
    const rows = list.querySelector("ol");
    fresh.querySelectorAll("li[id]").forEach((row) => {
      const old = document.getElementById(row.id);
      if (!old) rows.append(row);
      else if (old.dataset.state !== row.dataset.state && !written(old)) old.replaceWith(row);
      else return;
      if (row.dataset.said) window.portal.announce(row.dataset.said);
      row.classList.add("changed");
      setTimeout(() => row.classList.remove("changed"), CHANGED_MS);
      window.htmx?.process(row);
    });
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const list = polled(event);
    const pressed = event.detail.requestConfig?.verb !== "get"; // the answer to a press replaces everything
    if (!list || pressed || list.dataset.poll !== "rows" || event.detail.xhr.status !== 200) return;
    if (![...list.querySelectorAll("li[id]")].some(written)) return;
    event.detail.shouldSwap = false;
    followRows(list, event.detail.xhr.responseText);
  });

  // htmx copies the attributes of what it replaces for a moment; a width kept while sending must not be one of them.
  document.addEventListener("htmx:beforeSwap", (event) => {
    event.detail.target.querySelectorAll('[aria-busy="true"]').forEach((button) => button.removeAttribute("style"));
  });

  // A press that did not arrive: the row says so and keeps what was typed.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    const status = event.detail.xhr?.status ?? 0;
    if (!form.matches?.("form[data-step]") || event.detail.successful || status === 409 || status === 422) return;
    const what = form.closest(".step")?.querySelector(".step-what");
    if (!what) return;
    what.querySelector(".step-failed")?.remove();
    const note = document.createElement("p");
    note.className = "step-failed";
    note.dataset.unsaved = "";
    note.setAttribute("role", "alert");
    note.textContent = "Not recorded. The portal did not answer; press again.";
    what.append(note);
  });

  // A list under a finger or with focus inside keeps its order: it says "1 new" and waits.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    const list = polled(event);
    before.set(target.id, { rows: states(target), open: [...target.querySelectorAll("details[open][id]")].map((part) => part.id) });
    if (!list || list.dataset.poll !== "hold" || event.detail.xhr.status !== 200) return;
    const touched = list.contains(document.activeElement) || list.matches(":active");
    if (!touched) return;
    event.detail.shouldSwap = false;
    const count = newRows(states(list), event.detail.xhr.responseText);
    if (count && list.dataset.told !== String(count)) {
      list.dataset.told = String(count);
      window.portal.announce(`${count} new`);
    }
  });

  function spoken(row) {
    const words = [row.querySelector("h3"), row.querySelector(".grade")].filter(Boolean);
    return words.map((part) => part.textContent.trim()).join(", ");
  }

  function markChanged(root, rows) {
    root.querySelectorAll("[data-state][id]").forEach((row) => {
      if (rows.get(row.id) === row.dataset.state) return;
      row.classList.add("changed");
      setTimeout(() => row.classList.remove("changed"), CHANGED_MS);
      if (rows.has(row.id) && row.dataset.said) window.portal.announce(row.dataset.said);
      if (!rows.has(row.id) && root.dataset.announces !== undefined) window.portal.announce(`New: ${spoken(row)}`);
    });
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    const root = document.getElementById(event.detail.target?.id) || event.detail.elt;
    const kept = before.get(root.id);
    if (kept) {
      markChanged(root, kept.rows);
      kept.open.forEach((id) => {
        const part = document.getElementById(id);
        if (part) part.open = true;
      });
      before.delete(root.id);
    }
    const label = root.querySelector("[data-save-label]")?.dataset.saveLabel;
    const save = document.querySelector("[data-save]");
    if (label && save && !save.getAttribute("aria-busy")) save.textContent = label;
  });

  // Two failed polls: the heading says so. A list people act on also says whom to ring.
  function warnStale(list) {
    const head = list.querySelector("h2");
    if (!head || list.querySelector(".not-live")) return;
    const note = document.createElement("span");
    note.className = "not-live";
    note.textContent = `? as of ${clock(lastAnswer)}, not live`;
    head.append(" ", note);
    if (list.dataset.critical === undefined) return;
    const phone = document.querySelector("#on-call a")?.textContent;
    const warning = document.createElement("p");
    warning.className = "alert alert-look not-relied";
    warning.setAttribute("role", "status");
    warning.textContent = `Do not rely on this list. Reload${phone ? `, or ring ${phone}` : ""}.`;
    head.parentElement.after(warning);
  }

  function restoreLive(list) {
    delete list.dataset.misses;
    list.querySelectorAll(".not-live, .not-relied").forEach((part) => part.remove());
    const heartbeat = document.getElementById("heartbeat");
    if (heartbeat?.dataset.words) {
      heartbeat.innerHTML = heartbeat.dataset.words;
      delete heartbeat.dataset.words;
      heartbeat.classList.remove("heartbeat-unknown", "heartbeat-stopped");
    }
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    const list = polled(event);
    if (list) {
      if (event.detail.successful) {
        lastAnswer = Date.now();
        restoreLive(list);
      } else {
        list.dataset.misses = String(Number(list.dataset.misses || 0) + 1);
        if (Number(list.dataset.misses) >= 2) warnStale(list);
      }
    } else if (!event.detail.successful && event.detail.elt.dataset.failed) {
      event.detail.elt.textContent = event.detail.elt.dataset.failed;
    }
  });

  function sayStopped() {
    const heartbeat = document.getElementById("heartbeat");
    if (!heartbeat || heartbeat.dataset.words || !document.querySelector("[data-poll]")) return;
    heartbeat.dataset.words = heartbeat.innerHTML;
    heartbeat.classList.remove("heartbeat-late");
    heartbeat.classList.add("heartbeat-unknown", "heartbeat-stopped");
    const reload = document.createElement("button");
    reload.type = "button";
    reload.textContent = "Reload";
    reload.addEventListener("click", () => location.reload());
    heartbeat.replaceChildren(`This page is not live since ${clock(lastAnswer)}. `, reload);
  }

  // Whole minutes, in the words the server wrote; the server redraws them at every poll.
  function tick() {
    if (Date.now() - lastAnswer > STOPPED_MS) sayStopped();
    document.querySelectorAll("[data-due]").forEach((text) => {
      const minutes = Math.ceil((Date.parse(text.dataset.due) - Date.now()) / 60_000);
      if (minutes >= 1 && minutes <= 60) text.textContent = text.textContent.replace(/\d+ min/, `${minutes} min`);
    });
  }

  setInterval(tick, TICK_MS);
})();
