// Clips that are covers play where the reader wants motion, and only while they can be seen.

const clips = document.querySelectorAll(".cover video");
if (clips.length && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      // A browser may refuse to play; the first frame stays then.
      if (isIntersecting) target.play().catch(() => {});
      else target.pause();
    }
  });
  for (const clip of clips) watch.observe(clip);
}
