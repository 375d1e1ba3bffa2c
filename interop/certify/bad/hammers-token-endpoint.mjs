// No pause after a failed token request.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  pauseAfter() {
    return 0
  }
}

serve(new Bad())
