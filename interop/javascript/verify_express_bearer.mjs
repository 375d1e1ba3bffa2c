import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { answerLines, askApp } from './answer_lines.mjs'

// region docs
function guarded({ issuer, audience, jwksUri, typ, algorithm }) {
  const app = express()
  // Its option "strict" demands at+jwt; any other type is checked by a validator. It cannot do without an audience.
  app.use(auth({ issuer, audience, jwksUri, tokenSigningAlg: algorithm, clockTolerance: 2, validators: { typ: (value) => value === typ } }))
  app.get('/', (request, response) => response.send(request.auth.payload.client_id))
  return app
}
// endregion

await answerLines((token, realm) => {
  const app = guarded(realm)
  app.use((error, _request, response, _next) =>
    response
      .status(error.status ?? 500)
      .set(error.headers ?? {})
      .end(),
  )
  return askApp(app, token)
})
