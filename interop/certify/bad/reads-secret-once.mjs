// The secret of the start, for ever.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  secret = super.readSecret()

  readSecret() {
    return this.secret
  }
}

serve(new Bad())
