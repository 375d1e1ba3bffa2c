// Every call without a token requests its own.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  renew() {
    return this.renewNow()
  }
}

serve(new Bad())
