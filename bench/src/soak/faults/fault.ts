// A fault of a run: what it breaks, and how that is undone.

export interface Fault {
  /** For the journal, with its parameters. */
  readonly name: string
  /** What no other fault may break at the same time. */
  readonly occupies: readonly string[]
  /** The place that cannot answer while it lasts. */
  readonly silences?: string
  /** The place that refuses what it should accept while it lasts; it must not accept more. */
  readonly misleads?: string
  /** Begins it; the returned function ends it and resolves when what it broke can work again. */
  begin(): Promise<() => Promise<void>>
}
