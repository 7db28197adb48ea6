// The map of the papers: pointing at one shows what it builds on (blue) and what builds on it (orange).
// A link to a line or a name that stands in a folded part, or in a tab that is not shown, opens it.
document.addEventListener("DOMContentLoaded", () => {
  const map = document.querySelector(".timeline");
  const show = (key) => {
    map.classList.toggle("pointed", key !== null);
    const near = new Set([key]);
    for (const curve of map.querySelectorAll("path")) {
      const { from, to } = curve.dataset;
      curve.classList.toggle("before", to === key);
      curve.classList.toggle("after", from === key);
      if (to === key) near.add(from);
      if (from === key) near.add(to);
    }
    for (const paper of map.querySelectorAll("a")) paper.classList.toggle("near", near.has(paper.dataset.key));
  };
  for (const paper of map ? map.querySelectorAll("a") : []) {
    for (const name of ["mouseenter", "focus"]) paper.addEventListener(name, () => show(paper.dataset.key));
    for (const name of ["mouseleave", "blur"]) paper.addEventListener(name, () => show(null));
  }

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
      if (part.classList.contains("implementation")) {
        const tabs = [...part.parentElement.querySelectorAll(":scope > .implementation")];
        part.parentElement.querySelectorAll(":scope > input")[tabs.indexOf(part)].checked = true;
      }
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
});
