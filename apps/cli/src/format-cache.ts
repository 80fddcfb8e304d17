import type { CacheStats } from "@llm-router/client";
import { formatTable } from "@llm-router/service-kit/format-table";

/** The cache for a person. */
export function formatCacheStats(stats: CacheStats): string {
  const { entries, bytes, hits, misses, rejections, verifierScores, lookups, stored, evicted, expired, purged, reported } = stats;
  const asked = hits.exact + hits.semantic + Object.values(misses).reduce((sum, count) => sum + count, 0);
  const share = asked === 0 ? "" : ` (${Math.round((100 * (hits.exact + hits.semantic)) / asked)} % of ${asked})`;
  const lines = [
    `entries   ${entries}, ${formatBytes(bytes)}`,
    `hits      ${hits.exact} exact, ${hits.semantic} semantic${share}`,
    `answers   ${stored} stored, ${evicted} evicted, ${expired} expired, ${purged} purged, ${reported} reported as wrong`,
    ...(lookups.count > 0 ? [`lookups   ${lookups.count} semantic, ${lookups.meanMs.toFixed(1)} ms on average`] : []),
    ...(verifierScores.count > 0 ? [`verifier  ${verifierScores.count} pairs, ${verifierScores.mean.toFixed(2)} on average`] : []),
  ];
  return [lines.join("\n"), ...table("miss", misses), ...table("refused by", rejections)].join("\n\n");
}

function table(title: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  return rows.length === 0
    ? []
    : [
        formatTable(
          [title, "count"],
          rows.map(([name, count]) => [name, String(count)]),
        ),
      ];
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
