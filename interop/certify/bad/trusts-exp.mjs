// Reads "exp" of the token by the clock of this machine.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  now() {
    return Date.now()
  }

  readTokenResponse(text) {
    const issued = super.readTokenResponse(text)
    const { exp } = JSON.parse(Buffer.from(issued.value.split('.')[1], 'base64url'))
    return { ...issued, renewAt: 1000 * exp - 500, expiresAt: 1000 * exp - 500 }
  }
}

serve(new Bad())
