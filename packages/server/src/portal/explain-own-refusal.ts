// Why a request of the reader's own client was refused, in the terms of an integrator: what the response told, what can be done, and whether
// the same request would be allowed now. Who can change it is told by the problem and by what was sent, so that the answer is the same for every
// partner and every person that is not the reader's own: it does not tell which of them exist.
import { problems, type Fixer, type ProblemEntry } from '@countersign/protocol'
import { acceptAtPortal, isAcceptedAtPortal } from '../explain/agreement-at-portal.ts'
import { remedyOf } from '../explain/cause.ts'
import { decideLogin, decideNow } from '../explain/decide-now.ts'
import { isLogin } from '../explain/explain-request.ts'
import { readFacts, type ExplainContext } from '../explain/facts.ts'
import { causeOfWhatItSaw } from '../explain/rights-causes.ts'
import { ofRefusal } from '../explain/refused-request.ts'
import { tellIntegrator } from '../explain/tell-integrator.ts'
import { describeOwnRefusal, type UrlsOfServer } from '../me/own-refusals.ts'
import type { Realm } from '../realms/realm.ts'
import { detailOf, type StoredRefusal } from '../refusals/read-refusals.ts'
import { failedCheck } from '../refusals/refusal.ts'

export async function explainOwnRefusal(context: ExplainContext & UrlsOfServer, realm: Realm, row: StoredRefusal) {
  const request = ofRefusal(row)
  const told = describeOwnRefusal(row, context)
  const facts = await readFacts(context, request)
  const { outcome } = isLogin(facts) ? decideLogin(facts) : decideNow(facts)
  const { status, title, causes }: ProblemEntry = problems[request.code]
  const who: Fixer = told.fixedBy === 'you' ? 'integrator' : 'operator'
  const isAllowedNow = outcome === 'allowed'
  const { portalUrl } = context
  const own = causeOfWhatItSaw(request.code, facts.saw)
  const usual = own ? remedyOf(own, facts) : isAcceptedAtPortal(request.code, portalUrl) ? acceptAtPortal(portalUrl) : causes[0]!.remedy
  return {
    request: {
      id: row.request_id,
      callerRequestId: told.callerRequestId,
      clientId: row.client_id,
      at: told.at,
      api: told.api,
      method: told.method,
      route: told.route,
      address: told.address,
    },
    outcome: told.reportOnly ? 'let-through' : 'refused',
    status,
    code: request.code,
    title,
    checks: told.checks,
    failed: failedCheck(detailOf(row))?.check ?? null,
    cause: told.detail,
    causes: told.causes,
    who,
    remedy: who === 'operator' && !isAllowedNow ? 'The provider has to change something for it to be allowed.' : usual,
    tell: tellIntegrator({ request, realm }, { who, remedy: usual, isAllowedNow }),
    now: { outcome },
  }
}
