import express from 'express'
import { passportJwtSecret } from 'jwks-rsa'
import { Passport } from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { answerLines, askApp } from './answer_lines.mjs'

// region docs
function guarded({ issuer, audience, jwksUri, typ, algorithm }) {
  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKeyProvider: passportJwtSecret({ jwksUri, cache: true, cacheMaxAge: 300_000 }),
    algorithms: [algorithm], // never without it
    issuer,
    audience,
    jsonWebTokenOptions: { complete: true, clockTolerance: 2 }, // for the header below
  }
  const passport = new Passport()
  // passport-jwt does not look at the type.
  passport.use(new Strategy(options, ({ header, payload }, done) => done(null, header.typ === typ ? payload : false)))
  const app = express()
  app.use(passport.authenticate('jwt', { session: false }))
  app.get('/', (request, response) => response.send(request.user.client_id))
  return app
}
// endregion

await answerLines((token, realm) => askApp(guarded(realm), token))
