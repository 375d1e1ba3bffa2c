use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, TokenResponse, TokenUrl};
use std::env::var;
use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

struct Tokens {
    token_url: String,
    client_id: String,
    client_secret: String,
    kept: Option<(String, Instant)>,
}

impl Tokens {
    /// The kept token until a minute before its end, unless the API refused it. Behind a mutex it serves several threads.
    fn get(&mut self, refused: Option<&str>) -> Result<String, Box<dyn Error>> {
        if let Some((token, renew_at)) = &self.kept {
            if Some(token.as_str()) != refused && Instant::now() < *renew_at {
                return Ok(token.clone());
            }
        }
        let client = BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client_secret.clone()))
            .set_token_uri(TokenUrl::new(self.token_url.clone())?);
        let agent = oauth2::ureq::AgentBuilder::new().redirects(0).build();
        let answer = client.exchange_client_credentials().request(&agent)?;
        let lifetime = answer.expires_in().unwrap_or(Duration::from_secs(60));
        let kept_for = lifetime.saturating_sub(Duration::from_secs(60)).max(lifetime / 2);
        let token = answer.access_token().secret().clone();
        self.kept = Some((token.clone(), Instant::now() + kept_for));
        Ok(token)
    }
}

fn send(url: &str, token: &str) -> Result<ureq::Response, Box<dyn Error>> {
    match ureq::get(url).set("authorization", &format!("Bearer {token}")).call() {
        Ok(response) | Err(ureq::Error::Status(_, response)) => Ok(response),
        Err(error) => Err(error.into()),
    }
}

/// Renews the token once after a 401 with invalid_token, and waits as long as a 429 says, at most twice.
fn get(tokens: &mut Tokens, url: &str) -> Result<ureq::Response, Box<dyn Error>> {
    let mut waits = 0;
    loop {
        let token = tokens.get(None)?;
        let mut response = send(url, &token)?;
        let invalid = response.header("www-authenticate").is_some_and(|value| value.contains("error=\"invalid_token\""));
        if response.status() == 401 && invalid {
            response = send(url, &tokens.get(Some(&token))?)?;
        }
        if response.status() != 429 || waits == 2 {
            return Ok(response);
        }
        waits += 1;
        let seconds = response.header("retry-after").and_then(|value| value.parse().ok()).unwrap_or(1);
        sleep(Duration::from_secs(u64::min(seconds, 60)));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (token_url, client_id, client_secret) = (var("TOKEN_URL")?, var("CLIENT_ID")?, var("CLIENT_SECRET")?);
    let mut tokens = Tokens { token_url, client_id, client_secret, kept: None };
    for _ in 0..4 {
        println!("{}", get(&mut tokens, &var("API_URL")?)?.status());
    }
    Ok(())
}
