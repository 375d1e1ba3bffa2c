// How many organizations a version of the agreement will refuse, before it is published.
import { compareVersions } from '@countersign/protocol'

export type Judgement =
  /** The realm has it already. */
  | { readonly kind: 'known' }
  /** It is required already, by the configuration file: only its text comes. */
  | { readonly kind: 'configured' }
  /** A higher one is required before, so that nothing changes. */
  | { readonly kind: 'no-change'; readonly higher: string }
  /** Those that accepted this one, which is higher, are not refused. */
  | { readonly kind: 'by-version'; readonly version: string }
  /** No organization can have accepted it, or a higher one. */
  | { readonly kind: 'all' }

interface Known {
  readonly version: string
  /** Null for the one of the configuration file, which is required already. */
  readonly requiredFrom: string | null
}

export function judge(version: string, requiredFromMs: number, known: readonly Known[]): Judgement {
  const same = known.find((one) => compareVersions(one.version, version) === 0)
  if (same) return { kind: same.requiredFrom === null ? 'configured' : 'known' }
  const higher = known.filter((one) => compareVersions(one.version, version) > 0)
  const before = higher.find(({ requiredFrom }) => requiredFrom === null || Date.parse(requiredFrom) <= requiredFromMs)
  if (before) return { kind: 'no-change', higher: before.version }
  const [lowest] = higher.toSorted((a, b) => compareVersions(a.version, b.version))
  return lowest ? { kind: 'by-version', version: lowest.version } : { kind: 'all' }
}
