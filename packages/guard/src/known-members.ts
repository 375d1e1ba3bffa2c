/** @throws TypeError naming the first member of `given` that `subject` does not have: a misspelt check must not become "no check". */
export function refuseUnknownMembers(subject: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`${subject} has no member "${unknown}"; expected one of ${known.join(', ')}`)
}
