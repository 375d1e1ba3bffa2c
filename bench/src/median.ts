/** The middle value; of an even number of values the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which `share` of all values are: 0.99 for p99. @throws TypeError if there are no values, or if `share` is 1. */
export function quantile(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]
  if (value === undefined) throw new TypeError(`There is no quantile ${share} of ${values.length} values`)
  return value
}

/** The median of each member over records with the same numeric members. */
export function medianOfEach<Figures extends object>(records: readonly Figures[]): Figures {
  const members = Object.keys(records[0] ?? {}) as (keyof Figures)[]
  return Object.fromEntries(members.map((member) => [member, median(records.map((record) => Number(record[member])))])) as Figures
}
