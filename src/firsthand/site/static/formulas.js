// Typeset every formula of the page; the ones that KaTeX cannot read stay as their TeX, marked as such.
document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".formula")) {
    const tex = place.textContent;
    try {
      katex.render(tex, place, { displayMode: place.tagName === "DIV", throwOnError: true });
    } catch (error) {
      place.classList.add("unreadable");
      console.error(`${tex}: ${error.message}`);
    }
  }
});
