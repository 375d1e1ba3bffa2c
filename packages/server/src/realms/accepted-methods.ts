// The authentication methods that a realm accepts from its clients (its setting `clientAuthentication`); by default all.
import type { RealmSettings } from './realm-settings.ts'

export type MethodRules = Pick<RealmSettings, 'clientAuthentication'>

export function acceptsMethod({ clientAuthentication }: MethodRules, method: string): boolean {
  return clientAuthentication?.some((name) => name === method) ?? true
}
