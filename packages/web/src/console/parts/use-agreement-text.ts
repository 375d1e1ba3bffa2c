import { read, useReads } from '../../shared/reads.ts'

/** A published text never changes. */
const staysMs = 60 * 60_000

export function useAgreementText(realm: string, version: string) {
  return useReads({ text: read('dpa.text', { params: { realm, version } }, { every: staysMs }) })
}
