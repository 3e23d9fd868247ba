// The end of a session. The server decides; this file warns in time, keeps a working person signed in, and asks for
// the password over the page, so that nothing typed is lost. A page of somebody else clears itself.
"use strict";

(() => {
  const dialog = document.getElementById("session");
  if (!dialog) return;

  const RENEW_MS = 60_000;
  const warningMs = Number(dialog.dataset.warning) * 1000;
  let endsAt = Infinity;
  let renewedAt = Date.now();
  let covered = [];

  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const part = (name) => dialog.querySelector(`[data-session="${name}"]`);

  function show(name) {
    part("warning").hidden = name !== "warning";
    part("ended").hidden = name !== "ended";
    dialog.setAttribute("aria-labelledby", part(name).querySelector("h2").id);
    if (!dialog.open) dialog.showModal();
  }

  function cover() {
    if (covered.length) return;
    covered = [...document.body.children].filter((element) => element !== dialog && !element.hidden);
    covered.forEach((element) => { element.hidden = true; });
  }

  function uncover() {
    covered.forEach((element) => { element.hidden = false; });
    covered = [];
    dialog.close();
  }

  function end() {
    cover();
    show("ended");
    dialog.querySelector("input[type=password]").focus();
  }

  // What every answer of the server says about the session.
  function read(status, header) {
    if (status === 401) return end();
    const staff = header("Portal-Staff");
    if (staff && staff !== dialog.dataset.staff) return location.replace("/");
    const left = header("Portal-Session-Left");
    if (left === null) return undefined;
    endsAt = Date.now() + Number(left) * 1000;
    if (covered.length) signedInElsewhere();
    else if (Number(left) * 1000 <= warningMs) show("warning");
    else if (dialog.open) dialog.close();
    return undefined;
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    const xhr = event.detail.xhr;
    if (dialog.contains(event.target) || !xhr || !xhr.status) return;
    read(xhr.status, (name) => xhr.getResponseHeader(name));
  });

  // The same person is back: forms get the new token, the page stands as it was.
  function goOn(fresh) {
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = fresh; });
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": fresh }));
    dialog.querySelectorAll("input[type=password]").forEach((input) => { input.value = ""; });
    endsAt = Infinity;
    uncover();
  }
  document.body.addEventListener("signed-in-again", (event) => goOn(event.detail.token));

  // In another window of this browser: its sign-in made every form token of this page stale.
  async function signedInElsewhere() {
    const answer = await fetch(dialog.dataset.token);
    if (answer.ok && answer.headers.get("Portal-Staff") === dialog.dataset.staff) goOn((await answer.json()).token);
  }

  async function renew() {
    renewedAt = Date.now();
    const headers = { "HX-Request": "true", "X-CSRFToken": token() };
    const answer = await fetch(dialog.dataset.renew, { method: "POST", headers });
    if (answer.status === 204) {
      endsAt = Infinity;
      if (dialog.open && !covered.length) dialog.close();
    } else {
      read(answer.status, (name) => answer.headers.get(name));
    }
    return answer.ok;
  }

  // Typing and pointing are work, also on a page that sends nothing else.
  function working() {
    if (dialog.open || Date.now() - renewedAt < RENEW_MS) return;
    renew().catch(() => {});
  }
  ["input", "keydown", "pointerdown"].forEach((name) => document.addEventListener(name, working, { passive: true }));
  dialog.querySelector("[data-stay]").addEventListener("click", () => renew().catch(() => {}));
  dialog.addEventListener("cancel", (event) => event.preventDefault());

  // A form sent after the end would be lost with its page, for instance on a computer that slept: ask first.
  window.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method !== "post" || dialog.contains(form) || Date.now() < endsAt) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      renew().then((alive) => alive && form.requestSubmit(event.submitter)).catch(() => form.submit());
    },
    true,
  );
})();
