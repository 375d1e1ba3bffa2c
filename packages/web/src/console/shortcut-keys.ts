// What a key means.

export type KeyCommand =
  | { readonly kind: 'palette' | 'help' | 'filter' | 'wait' }
  | { readonly kind: 'go'; readonly letter: string }
  | { readonly kind: 'row'; readonly step: 1 | -1; readonly isArrow: boolean }
  | { readonly kind: 'page'; readonly which: 'first' | 'next' }

export type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>

export interface KeyState {
  /** `g` was pressed just before. */
  readonly isAfterG: boolean
  /** Letters count: they are switched on, and no field has the focus. */
  readonly hasLetters: boolean
}

const byKey: Readonly<Record<string, KeyCommand>> = {
  '/': { kind: 'filter' },
  '?': { kind: 'help' },
  g: { kind: 'wait' },
  j: { kind: 'row', step: 1, isArrow: false },
  k: { kind: 'row', step: -1, isArrow: false },
  ArrowDown: { kind: 'row', step: 1, isArrow: true },
  ArrowUp: { kind: 'row', step: -1, isArrow: true },
  '[': { kind: 'page', which: 'first' },
  ']': { kind: 'page', which: 'next' },
}

export function commandOf({ key, ctrlKey, metaKey, altKey }: Key, { isAfterG, hasLetters }: KeyState): KeyCommand | undefined {
  if (ctrlKey !== metaKey && !altKey && key.toLowerCase() === 'k') return { kind: 'palette' }
  if (!hasLetters || ctrlKey || metaKey || altKey) return undefined
  if (isAfterG) return key in places ? { kind: 'go', letter: key } : undefined
  return byKey[key]
}

/** After `g`: the page, and whether it is one of a realm. */
export const places: Readonly<Record<string, readonly [rest: string, name: string, isOfRealm: boolean]>> = {
  o: ['/organizations', 'Organizations', true],
  c: ['/clients', 'Clients', true],
  r: ['/rotation', 'Rotation', true],
  f: ['/refusals', 'Refusals', true],
  e: ['/explain', 'Explain', false],
  a: ['/audit', 'Audit log', false],
}

/** @returns undefined where no realm is chosen */
export function placeOf(letter: string, realm: string | undefined): string | undefined {
  const [rest, , isOfRealm] = places[letter] ?? []
  if (rest === undefined) return undefined
  if (!isOfRealm) return rest
  return realm === undefined ? undefined : `/${encodeURIComponent(realm)}${rest}`
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
}
