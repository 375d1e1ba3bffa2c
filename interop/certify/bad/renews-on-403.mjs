// Takes 403 for a matter of the token.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  isAboutToken(response) {
    return response.status === 401 || response.status === 403
  }
}

serve(new Bad())
