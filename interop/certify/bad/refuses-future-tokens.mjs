// Refuses a token that was issued in the future by the clock of this machine.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  readTokenResponse(text) {
    const issued = super.readTokenResponse(text)
    const { iat } = JSON.parse(Buffer.from(issued.value.split('.')[1], 'base64url'))
    if (1000 * iat > Date.now() + 60_000) throw new Error('The token was issued in the future')
    return issued
  }
}

serve(new Bad())
