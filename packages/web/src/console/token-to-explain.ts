// A token that the page of explanations is to explain, pasted there or into the palette: in memory only, never in an address.
import { signal } from '@preact/signals'

export const tokenToExplain = signal<string | undefined>(undefined)

export function keepToken(token: string): void {
  tokenToExplain.value = token.replace(/^Bearer\s+/i, '')
}

export function forgetToken(): void {
  tokenToExplain.value = undefined
}
