import type { DecidedPair } from "./cache-pairs.ts";

/** A threshold's precision and recall. */
export interface Point {
  precision: number;
  recall: number;
}

/** A precision of fewer served pairs is chance. */
const leastServed = 20;

/** Precision and recall for each threshold of what `measureOf` gives; what it gives nothing for is never served. */
export function curveOf(pairs: readonly DecidedPair[], measureOf: (pair: DecidedPair) => number | undefined): Point[] {
  const same = pairs.filter((pair) => pair.same).length;
  const ranked = pairs
    .flatMap((pair) => {
      const measure = measureOf(pair);
      return measure === undefined || Number.isNaN(measure) ? [] : [{ measure, same: pair.same }];
    })
    .toSorted((a, b) => b.measure - a.measure);
  let right = 0;
  return ranked.flatMap((pair, at) => {
    right += pair.same ? 1 : 0;
    const lastOfEqual = ranked[at + 1]?.measure !== pair.measure;
    return at + 1 >= leastServed && lastOfEqual ? [{ precision: right / (at + 1), recall: right / same }] : [];
  });
}

const [width, height, left, top, right, bottom] = [640, 420, 60, 50, 20, 50];
const x = (recall: number) => left + recall * (width - left - right);
const y = (precision: number) => height - bottom - precision * (height - top - bottom);
const at = ({ recall, precision }: Point) => `${x(recall).toFixed(1)},${y(precision).toFixed(1)}`;

function line(points: readonly Point[], colour: string): string {
  return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(at).join(" ")}"/>`;
}

function mark(point: Point, colour: string, label: string, below: boolean): string {
  const [cx, cy] = [x(point.recall), y(point.precision)];
  return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="5" fill="${colour}"/><text x="${(cx + 9).toFixed(1)}" y="${(cy + (below ? 18 : -8)).toFixed(1)}" fill="${colour}">${label}</text>`;
}

/** The two curves as an SVG, with a mark at what is served by default. */
export function pictureOf(title: string, ours: { curve: Point[]; mark: Point }, cosine: { curve: Point[]; mark: Point }): string {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const grid = ticks.flatMap((tick) => [
    `<line x1="${x(tick)}" y1="${y(0)}" x2="${x(tick)}" y2="${y(1)}" stroke="#ddd"/><text x="${x(tick)}" y="${height - bottom + 18}" text-anchor="middle">${tick}</text>`,
    `<line x1="${x(0)}" y1="${y(tick)}" x2="${x(1)}" y2="${y(tick)}" stroke="#ddd"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="28" font-size="15">${title}</text>
${grid.join("\n")}
<text x="${(width + left) / 2}" y="${height - 12}" text-anchor="middle">recall</text>
<text transform="translate(16 ${(height - bottom + top) / 2}) rotate(-90)" text-anchor="middle">precision</text>
${line(cosine.curve, "#b3541e")}
${line(ours.curve, "#1f5fa8")}
${mark(cosine.mark, "#b3541e", "cosine alone at 0.92", true)}
${mark(ours.mark, "#1f5fa8", "guards and verifier", false)}
</svg>
`;
}
