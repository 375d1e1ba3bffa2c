// Explanations of refused requests and of tokens, for operators.
import { explainRequest } from '../explain/explain-request.ts'
import { createTokenExplainer } from '../explain/explain-token.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'

export function explainHandlers(context: AdminContext) {
  const explainToken = createTokenExplainer(context)
  return {
    'requests.explain': ({ params }, operator) => explainRequest(context, params.request, operator.realms),
    'tokens.explain': ({ body }, operator) => explainToken(body, operator),
  } satisfies Partial<AdminHandlers>
}
