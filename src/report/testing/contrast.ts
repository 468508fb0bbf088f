/**
 * A script for a page: WCAG 2's contrast ratio of the first element of each kind against what is behind it, as pairs of
 * selector and ratio. 4.5 is enough for text of any size.
 */
export function contrastScript(selectors: readonly string[]): string {
  return `(() => {
    const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
    const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = (colour) => {
      const [red, green, blue] = channels(colour).map(linear);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if (channels(backgroundColor)[3] !== 0) return backgroundColor;
      }
      return 'rgb(255, 255, 255)';
    };
    return ${JSON.stringify(selectors)}.map((selector) => {
      const element = document.querySelector(selector);
      const style = getComputedStyle(element);
      const text = luminance(element instanceof SVGElement ? style.fill : style.color);
      const back = luminance(behind(element));
      return [selector, (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05)];
    });
  })()`;
}
