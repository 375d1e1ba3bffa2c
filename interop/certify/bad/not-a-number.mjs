// Without "expires_in" the expiry is NaN, and every call requests a token.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  schedule({ expires_in: seconds }) {
    return { renewAt: this.now() + 800 * seconds, expiresAt: this.now() + 1000 * seconds }
  }
}

serve(new Bad())
