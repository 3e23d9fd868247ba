// The frame of every page: shortcuts, one send per press, a question before typed values are lost.
// Progressive enhancement only: without this file every button still posts and every link still leads.
"use strict";

(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  window.portal = {
    announce(words) {
      document.getElementById("announce").textContent = words;
    },
  };

  // "/" opens the search, Esc leaves it; g then t, p or e goes to a place. No single key records anything.
  const places = { t: 0, p: 1, e: 2 };
  let goPressed = false;

  function goTo(key) {
    const links = document.querySelectorAll(".places a");
    if (goPressed && key in places && links[places[key]]) links[places[key]].click();
    goPressed = key === "g";
  }

  document.addEventListener("keydown", (event) => {
    const search = document.getElementById("search");
    if (event.key === "Escape") {
      if (event.target === search) search.blur();
      document.querySelectorAll("details.user[open], details.more[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      return;
    }
    const off = document.body.dataset.shortcuts === "off" || event.ctrlKey || event.metaKey || event.altKey;
    if (off || typing(event.target)) return;
    if (event.key === "/" && search && search.offsetParent) {
      event.preventDefault();
      search.focus();
    }
    goTo(event.key);
  });

  // A link to a field puts the cursor into it, with its value selected.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.user[open], details.more[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const link = event.target.closest('a[href^="#"]');
    const field = link && document.getElementById(link.hash.slice(1));
    if (field && field !== document.getElementById("main")) {
      const input = field.matches("fieldset") ? field.querySelector("input") || field : field;
      event.preventDefault();
      input.focus();
      if (input.select) input.select();
    }
    const blocked = event.target.closest('[aria-disabled="true"]');
    if (blocked) {
      event.preventDefault();
      const blockers = document.querySelector(blocked.dataset.blockers || "main");
      if (blockers) {
        blockers.tabIndex = -1;
        blockers.focus();
      }
    }
  });

  // One press, one send: the button says so, keeps its width, and a second press is ignored.
  function markSending(form, button) {
    form.dataset.sending = "yes";
    if (!button || button.getAttribute("aria-busy")) return;
    button.style.minWidth = `${button.offsetWidth}px`;
    button.dataset.words = button.innerHTML;
    button.setAttribute("aria-busy", "true");
    button.textContent = "Saving ...";
  }

  function markIdle(form) {
    delete form.dataset.sending;
    form.querySelectorAll('[aria-busy="true"]').forEach((button) => {
      button.removeAttribute("aria-busy");
      button.innerHTML = button.dataset.words;
    });
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method !== "post") return;
      if (form.dataset.sending) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      markSending(form, event.submitter || form.querySelector("button:not([type=button])"));
    },
    true,
  );
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.matches("form")) markIdle(event.target);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sending]").forEach(markIdle);
  });

  // A form marked data-guard asks before typed values are left behind.
  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) changed.add(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...changed].some((form) => form.isConnected && !form.dataset.sending)) event.preventDefault();
  });

  // The summary of a refused save takes focus, so that it is read first.
  document.querySelector("[data-focus]")?.focus();
})();
