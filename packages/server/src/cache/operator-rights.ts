// The authority of a client over the admin API, as its row has it. It is never in a token or in an entitlement document.
import type { Selectable } from 'kysely'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'

export interface OperatorRights {
  /** The realms that an operator of the realm `operators` is limited to; null for all. */
  readonly realms: readonly string[] | null
  /** The admin scopes that a client of another realm has in that realm. */
  readonly scopes: readonly string[]
}

type OperatorColumns = Pick<Selectable<Schema['clients']>, 'operator_realms' | 'operator_scopes'>

/** A damaged list is empty: the operator may act nowhere. */
export function toOperatorRights({ operator_realms: realms, operator_scopes: scopes }: OperatorColumns): OperatorRights | undefined {
  if (realms === null && scopes === null) return undefined
  return { realms: realms === null ? null : (parseTexts(realms) ?? []), scopes: scopes === null ? [] : (parseTexts(scopes) ?? []) }
}

/** Whether the client is an operator of its own realm. Those of the realm `operators` have their scopes in their tokens. */
export function isOperatorOfRealm({ operatorRights }: { readonly operatorRights?: OperatorRights | undefined }): boolean {
  return operatorRights !== undefined && operatorRights.scopes.length > 0
}
