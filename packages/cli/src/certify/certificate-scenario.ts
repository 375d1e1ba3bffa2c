// Certificates that a backend has to refuse: a program in the middle has one of these, and would read the credentials and tokens it is sent.
import { setTimeout as sleep } from 'node:timers/promises'
import type { CertificateKind } from './sandbox-tls.ts'
import type { Scenario } from './scenario.ts'

const wrongCertificates: readonly [kind: CertificateKind, description: string][] = [
  ['unknown', 'by an authority that it does not know'],
  ['other-host', 'for another host'],
  ['expired', 'that has expired'],
]

/** For clients to see that a connection has ended, so that the next request does not take it. */
const pauseMs = 100

export const certificateScenario: Scenario = {
  id: 'certificate',
  title: 'A server whose certificate is wrong gets neither a credential nor a token',
  played:
    'With `--tls`: the issuer, then the API, has a certificate by an authority that the backend does not know, one for another host, and one that has expired.',
  remedy:
    'Verify certificates and the names in them, also in tests: without "rejectUnauthorized: false", NODE_TLS_REJECT_UNAUTHORIZED=0, "verify=False", "InsecureSkipVerify" and a trust manager of your own. A server with a certificate of your own authority needs that authority as a trusted one.',
  needs: 'tls',
  after: ['expired-token'],
  async play(stage) {
    const { sandbox } = stage
    await stage.warmUp()
    for (const [kind, description] of wrongCertificates) {
      await sandbox.cutTokens()
      const requests = stage.tokenRequests.length
      await callWith('issuer', kind)
      if (stage.tokenRequests.length > requests)
        stage.end(`a token request was sent to an issuer with a certificate ${description}`, 'an error for the caller, and no request')
      if (!(await stage.recovers()))
        stage.end('calls fail for 10 s after the certificate of the issuer is right again', 'calls that succeed')
      const calls = stage.api.length
      await callWith('api', kind)
      if (stage.api.length > calls)
        stage.end(`a call with a token was sent to an API with a certificate ${description}`, 'an error for the caller, and no request')
    }
    await stage.expectRecovery('TLS')

    async function callWith(server: 'issuer' | 'api', kind: CertificateKind): Promise<void> {
      sandbox.present(server, kind)
      await sleep(pauseMs)
      await stage.call(5000)
      sandbox.present(server, 'right')
      await sleep(pauseMs)
    }
  },
}
