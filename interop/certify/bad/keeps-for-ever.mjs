// Without "expires_in" a token is kept for ever, and 401 is only believed when it has expired.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  schedule({ expires_in: seconds = Infinity }) {
    return super.schedule({ expires_in: seconds })
  }

  isAboutToken(response) {
    return super.isAboutToken(response) && this.token?.expiresAt !== Infinity
  }
}

serve(new Bad())
