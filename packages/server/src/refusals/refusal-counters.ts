// How many refusals were kept, and how many not, by realm: the only label that no caller can make up.

const refusalFates = ['kept', 'thinned', 'duplicate'] as const
export type RefusalFate = (typeof refusalFates)[number]

export interface RefusalCounters {
  count(realm: string, fate: RefusalFate, count?: number): void
  counts(): { readonly realm: string; readonly fate: RefusalFate; readonly count: number }[]
  /** A report of a guard. */
  countReport(realm: string, outcome: ReportOutcome): void
  /** Described refusals that guards let pass. */
  countReportOnly(realm: string, count: number): void
  reportOnly(): { readonly realm: string; readonly count: number }[]
  reports(): { readonly realm: string; readonly outcome: ReportOutcome; readonly count: number }[]
}

/** `repeated` had been taken before; `refused` was too frequent or invalid. */
const reportOutcomes = ['taken', 'repeated', 'refused'] as const
export type ReportOutcome = (typeof reportOutcomes)[number]

/** @param realms whose figures exist from the start, so that none appears with the first refusal */
export function createRefusalCounters(realms: readonly string[] = []): RefusalCounters {
  const fates = new Map(realms.map((realm) => [realm, new Map(refusalFates.map((fate) => [fate, 0] as const))]))
  const outcomes = new Map([...realms].map((realm) => [realm, new Map(reportOutcomes.map((outcome) => [outcome, 0] as const))]))
  const letPass = new Map([...realms].map((realm) => [realm, 0]))
  return {
    count: (realm, fate, count = 1) => add(fates, realm, fate, count),
    counts: () => [...fates].flatMap(([realm, counts]) => [...counts].map(([fate, count]) => ({ realm, fate, count }))),
    countReport: (realm, outcome) => add(outcomes, realm, outcome, 1),
    countReportOnly(realm, count) {
      if (count > 0) letPass.set(realm, (letPass.get(realm) ?? 0) + count)
    },
    reportOnly: () => [...letPass].map(([realm, count]) => ({ realm, count })),
    reports: () => [...outcomes].flatMap(([realm, counts]) => [...counts].map(([outcome, count]) => ({ realm, outcome, count }))),
  }
}

function add<Name>(counts: Map<string, Map<Name, number>>, realm: string, name: Name, count: number): void {
  if (count === 0) return
  const ofRealm = counts.get(realm) ?? new Map<Name, number>()
  counts.set(realm, ofRealm.set(name, (ofRealm.get(name) ?? 0) + count))
}
