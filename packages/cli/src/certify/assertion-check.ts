// Watches the assertions at the token endpoint of a sandbox: translates them for the server, and notes what is wrong with them.
import { describeAssertionFault } from './assertion-faults.ts'
import { readAssertion, translateAssertion } from './assertions.ts'
import type { Conduct } from './conduct.ts'
import type { CredentialMarks } from './credential-marks.ts'
import type { FrontAnswer } from './front.ts'
import type { SandboxKey } from './sandbox-key.ts'
import { serverPublicUrl, type SandboxServer } from './sandbox-server.ts'

export interface AssertionCheckOptions {
  readonly server: SandboxServer
  readonly marks: CredentialMarks
  readonly conduct: Conduct
  readonly clientId: string
  /** The oldest first; a rotation adds one. */
  readonly keys: readonly SandboxKey[]
}

export interface CheckedAssertion {
  /** The form for the server. */
  readonly body: string
  noteAnswer(answered: FrontAnswer): void
  noteRefusal(requestId: string | undefined): Promise<void>
}

export function createAssertionCheck({ server, marks, conduct, clientId, keys }: AssertionCheckOptions) {
  /** What the issuer has accepted, or may have. */
  const used = new Set<string>()

  /** @param issuerUrl as the backend knows it */
  function read(body: string, issuerUrl: string): CheckedAssertion {
    const form = new URLSearchParams(body)
    const text = form.get('client_assertion')
    const assertion = text === null ? undefined : readAssertion(text, keys)
    const jti = assertion?.claims['jti']
    if (text !== null && assertion !== undefined) {
      marks.addAssertion(text)
      if (typeof jti === 'string' && used.has(jti)) note('repeated-assertion')
      const audience = [issuerUrl, serverPublicUrl + server.issuerPath] as const
      form.set('client_assertion', translateAssertion(assertion, { audience, clockOffsetMs: server.clockOffsetMs }))
    }
    return {
      body: text === null ? body : form.toString(),
      noteAnswer(answered) {
        const isRefused = answered !== 'reset' && answered.status >= 400 && answered.status < 500
        if (typeof jti === 'string' && !isRefused) used.add(jti)
      },
      async noteRefusal(requestId) {
        // A key that has ended is the matter of the rotation.
        if (assertion?.signer !== undefined && assertion.signer !== keys.at(-1)) return
        note(requestId === undefined ? undefined : await server.findReason(requestId))
      },
    }

    function note(reason: string | undefined): void {
      const fault = describeAssertionFault(reason, assertion, { clientId, issuerUrl, now: Date.now() })
      if (fault !== undefined) conduct.note('assertion', fault.seen, fault.remedy)
    }
  }

  return { read }
}
