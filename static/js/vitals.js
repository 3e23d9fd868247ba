// The vitals form: the other unit while typing, taps counted, one attest press, parts that open when they are needed.
// Loaded only by pages that hold the form. Nothing here decides: the server reads the same fields without it.
"use strict";

(() => {
  const form = document.querySelector("form[data-vitals]");
  if (!form) return;

  // No body temperature reaches 60 in Celsius or falls to 60 in Fahrenheit, so the number names its own unit.
  const UNIT_BORDER = 60;

  function echo(place) {
    const typed = document.getElementById(place.dataset.echo).value.replace(",", ".").trim();
    const value = Number(typed);
    if (!typed || !Number.isFinite(value)) {
      place.textContent = place.dataset.unit;
      return;
    }
    const fahrenheit = value >= UNIT_BORDER;
    const other = fahrenheit ? ((value - 32) * 5) / 9 : (value * 9) / 5 + 32;
    place.textContent = `${fahrenheit ? "°F" : "°C"} = ${other.toFixed(1)} ${fahrenheit ? "°C" : "°F"}`;
  }

  function count(group) {
    const taps = [...group.querySelectorAll("input[type=checkbox]")];
    const tapped = taps.filter((tap) => tap.checked).length;
    const place = group.querySelector("[data-count]");
    place.textContent = tapped ? `: ${tapped} of ${taps.length}` : "";
  }

  // Every value that is chosen: a radio group has one, taps may have several, a list has its own.
  function chosen(name) {
    const fields = form.querySelectorAll(`[name="${name}"]:checked, select[name="${name}"]`);
    return [...fields].map((field) => field.value);
  }

  // A part that holds a question of the server stays open, whatever is chosen.
  function showParts() {
    form.querySelectorAll("[data-when]").forEach((part) => {
      const [name, values] = part.dataset.when.split("=");
      const wanted = values.split("|");
      const asked = part.querySelector(".field-error, .field-question");
      part.hidden = !asked && !chosen(name).some((value) => wanted.includes(value));
    });
  }

  // One explicit act that answers several questions, each named on the button. A later change of one withdraws it.
  const attested = (tick) => tick.dataset.attest.split(" ").map((pair) => pair.split("="));

  function attest(tick) {
    if (!tick.checked) return;
    attested(tick).forEach(([name, value]) => {
      const radio = form.querySelector(`[name="${name}"][value="${value}"]`);
      if (radio) radio.checked = true;
    });
  }

  function withdraw(changed) {
    form.querySelectorAll("[data-attest]").forEach((tick) => {
      if (attested(tick).some(([name, value]) => name === changed.name && value !== changed.value)) tick.checked = false;
    });
  }

  // "Neither" and its neighbors exclude each other.
  function standAlone(changed) {
    if (!changed.checked || changed.type !== "checkbox") return;
    const group = changed.closest("[data-alone]");
    if (!group) return;
    const alone = group.dataset.alone;
    group.querySelectorAll("input[type=checkbox]").forEach((tick) => {
      if (tick !== changed && (changed.value === alone || tick.value === alone)) tick.checked = false;
    });
  }

  function refresh() {
    form.querySelectorAll("[data-echo]").forEach(echo);
    form.querySelectorAll("fieldset:has([data-count])").forEach(count);
    showParts();
  }

  form.querySelectorAll("[data-echo]").forEach((place) => {
    place.dataset.unit = place.textContent;
  });
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-attest]")) attest(event.target);
    else withdraw(event.target);
    standAlone(event.target);
    refresh();
  });
  refresh();
})();
