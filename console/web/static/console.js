// The keys of the console. Everything they do can be done without them, and without this file.
"use strict";

(() => {
  const KEPT = "ringwatch-keys";
  const dialog = document.getElementById("keys");
  const open = document.getElementById("keys-button");
  if (!dialog || !open) return;

  const on = document.getElementById("keys-on");
  // A browser may refuse to keep anything: then the keys are on until the page is left.
  try {
    on.checked = localStorage.getItem(KEPT) !== "off";
  } catch {
    on.checked = true;
  }
  on.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT, on.checked ? "on" : "off");
    } catch {
      // Not kept.
    }
  });
  open.hidden = false;
  open.addEventListener("click", () => dialog.showModal());

  const rows = [...document.querySelectorAll("[data-queue] [data-open]")];

  function step(by) {
    if (!rows.length) {
      follow(by > 0 ? 'a[rel="next"]' : 'a[rel="prev"]');
      return;
    }
    const at = rows.findIndex((row) => row.closest("tr").contains(document.activeElement));
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
    if (next < 0 || next >= rows.length) {
      follow(by > 0 ? 'a[rel="next"]' : 'a[rel="prev"]');
      return;
    }
    rows[next].focus();
    rows[next].closest("tr").scrollIntoView({ block: "nearest" });
  }

  function follow(which) {
    const link = document.querySelector(which);
    if (link) link.click();
  }

  function choose(key) {
    const radio = document.querySelector(`input[name="outcome"][data-key="${key}"]`);
    if (!radio) return;
    radio.checked = true;
    document.getElementById("reason").focus();
  }

  function undo() {
    const reason = document.getElementById("undo-reason");
    if (!reason) return;
    reason.closest("details").open = true;
    reason.focus();
  }

  function search() {
    const box = document.getElementById("find");
    if (!box) return;
    box.focus();
    box.select();
  }

  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    c: () => choose("c"),
    d: () => choose("d"),
    m: () => choose("m"),
    n: () => choose("n"),
    u: undo,
    h: () => follow("[data-claim]"),
    q: () => follow("[data-queue-link]"),
    "/": search,
    "?": () => dialog.showModal(),
  };

  function typing(target) {
    return target.closest("textarea, select, dialog, [contenteditable]") ||
      (target.matches("input") && !["radio", "checkbox"].includes(target.type));
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Enter" && event.shiftKey && event.target.id === "reason") {
      event.preventDefault();
      document.querySelector('button[name="then"][value="next"]').click();
      return;
    }
    if (event.key === "Escape" && typing(event.target)) {
      event.target.blur();
      return;
    }
    if (!on.checked || typing(event.target)) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
