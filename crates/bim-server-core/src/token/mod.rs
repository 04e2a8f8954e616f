//! Login tokens: JSON Web Tokens (RFC 7519) signed with HS256 (RFC 7518 section 3.2).
//!
//! ```text
//!   header   {"alg":"HS256","typ":"JWT","kid":"7.1"}
//!   claims   {"app_id":7,"uid":"alice","iat":1764000000,"exp":1764003600,"jti":"…"}
//! ```
//!
//! The key id picks the key, the key fixes the algorithm; the header's `alg` is only compared. `uid` is a
//! string or a positive integer, and the two are different users. All five claims are required and typed. A
//! sixth, `"srv":true`, makes the sessions of the token those of the app's own server: it may do in every live
//! group what its owner may, speak without being in, and broadcast.
//! The signature is checked, in constant time, before any claim is looked at.

mod claims;
mod credential;
mod revocations;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bim_types::{AppId, AppSecret, ErrorCode, Token, Uid, Wall};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use claims::Claims;
use claims::Header;
pub(crate) use credential::{Credential, TokenId};
pub(crate) use revocations::{Revocation, Revocations, next_second};

/// Clock and limits that a token is verified against.
#[derive(Clone, Copy, Debug)]
pub struct TokenRules {
    /// Longest time from `iat` to `exp`.
    pub lifetime: Duration,
    /// How far ahead of `now` an `iat` may be.
    pub leeway: Duration,
}

/// Signs a token.
#[must_use]
pub fn mint(key_id: &str, secret: &AppSecret, claims: &Claims) -> Token {
    let header = Header { alg: "HS256".into(), typ: Some("JWT".into()), kid: key_id.into() };
    let signed = format!("{}.{}", encode(&header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(secret, signed.as_bytes()).finalize().into_bytes());
    Token::new(format!("{signed}.{signature}"))
}

/// The key id a token names, before anything of it is believed.
///
/// # Errors
///
/// [`ErrorCode::InvalidToken`] when it is not three parts, the header is not one, or `alg` is not HS256.
pub fn key_id(token: &Token) -> Result<String, ErrorCode> {
    let header = token.reveal().split('.').next().unwrap_or_default();
    let header: Header = decode(header)?;
    if header.alg != "HS256" {
        return Err(ErrorCode::InvalidToken);
    }
    Ok(header.kid)
}

/// Verifies a token with the key that its key id picked.
///
/// # Errors
///
/// [`ErrorCode::InvalidToken`] for a wrong signature, a claim that is missing or not of its type, a life
/// longer than the rules allow or a making in the future; [`ErrorCode::ExpiredToken`] at `exp` and after.
pub fn verify(token: &Token, secret: &AppSecret, rules: TokenRules, now: Wall) -> Result<Claims, ErrorCode> {
    let claims = signed_claims(token, secret)?;
    claims.check(rules, now)?;
    Ok(claims)
}

/// What a token says that this key has signed, in time or not.
pub(crate) fn signed_claims(token: &Token, secret: &AppSecret) -> Result<Claims, ErrorCode> {
    let (signed, signature) = token.reveal().rsplit_once('.').ok_or(ErrorCode::InvalidToken)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| ErrorCode::InvalidToken)?;
    sign(secret, signed.as_bytes()).verify_slice(&signature).map_err(|_| ErrorCode::InvalidToken)?;
    let (_, claims) = signed.split_once('.').ok_or(ErrorCode::InvalidToken)?;
    decode(claims)
}

/// The claims of a token for a user, from now on.
#[must_use]
pub fn claims(app: AppId, uid: Uid, now: Wall, ttl: Duration, nonce: u128) -> Claims {
    Claims::new(app, uid, now, ttl, nonce)
}

fn sign(secret: &AppSecret, signed: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal()).expect("HMAC takes keys of any length");
    mac.update(signed);
    mac
}

fn encode(part: &impl serde::Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).expect("plain data always serialises"))
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, ErrorCode> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| ErrorCode::InvalidToken)?;
    serde_json::from_slice(&json).map_err(|_| ErrorCode::InvalidToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: TokenRules =
        TokenRules { lifetime: Duration::from_secs(86_400), leeway: Duration::from_secs(60) };

    fn secret() -> AppSecret {
        AppSecret::new(vec![7; 32])
    }

    fn alice() -> Claims {
        let (app, uid) = (AppId::new(7).unwrap(), Uid::string("alice").unwrap());
        claims(app, uid, Wall::from_secs(1_000), Duration::from_secs(60), 5)
    }

    fn signed(header: &str, claims: &str) -> Token {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(sign(&secret(), signed.as_bytes()).finalize().into_bytes());
        Token::new(format!("{signed}.{signature}"))
    }

    #[test]
    fn a_minted_token_verifies_and_says_who() {
        let token = mint("7.1", &secret(), &alice());
        assert_eq!(key_id(&token).as_deref(), Ok("7.1"));
        assert_eq!(verify(&token, &secret(), RULES, Wall::from_secs(1_001)), Ok(alice()));
    }

    #[test]
    fn another_key_or_a_changed_claim_is_not_valid() {
        let token = mint("7.1", &secret(), &alice());
        let now = Wall::from_secs(1_001);
        assert_eq!(verify(&token, &AppSecret::new(vec![8; 32]), RULES, now), Err(ErrorCode::InvalidToken));
        let mut parts: Vec<String> = token.reveal().split('.').map(Into::into).collect();
        parts[1] = URL_SAFE_NO_PAD.encode(r#"{"app_id":7,"uid":"bob","iat":1000,"exp":1060,"jti":"5"}"#);
        assert_eq!(verify(&Token::new(parts.join(".")), &secret(), RULES, now), Err(ErrorCode::InvalidToken));
    }

    #[test]
    fn a_token_expires_at_its_second() {
        let token = mint("7.1", &secret(), &alice());
        assert!(verify(&token, &secret(), RULES, Wall::from_millis(1_059_999)).is_ok());
        assert_eq!(verify(&token, &secret(), RULES, Wall::from_secs(1_060)), Err(ErrorCode::ExpiredToken));
    }

    #[test]
    fn no_algorithm_but_the_pinned_one_is_taken() {
        for alg in ["none", "HS384", "RS256", "hs256", ""] {
            let token = signed(&format!(r#"{{"alg":"{alg}","kid":"7.1"}}"#), "{}");
            assert_eq!(key_id(&token), Err(ErrorCode::InvalidToken), "{alg}");
        }
        assert_eq!(key_id(&Token::from("")), Err(ErrorCode::InvalidToken));
    }

    #[test]
    fn every_claim_is_required_and_typed() {
        let header = r#"{"alg":"HS256","kid":"7.1"}"#;
        let whole = r#"{"app_id":7,"uid":42,"iat":1000,"exp":1060,"jti":"x"}"#;
        let now = Wall::from_secs(1_001);
        assert_eq!(verify(&signed(header, whole), &secret(), RULES, now).unwrap().uid, Uid::int(42).unwrap());
        for broken in [
            r#"{"uid":42,"iat":1000,"exp":1060,"jti":"x"}"#,
            r#"{"app_id":7,"iat":1000,"exp":1060,"jti":"x"}"#,
            r#"{"app_id":7,"uid":42,"exp":1060,"jti":"x"}"#,
            r#"{"app_id":7,"uid":42,"iat":1000,"jti":"x"}"#,
            r#"{"app_id":7,"uid":42,"iat":1000,"exp":1060}"#,
            r#"{"app_id":7,"uid":42,"iat":1000,"exp":"1060","jti":"x"}"#,
            r#"{"app_id":0,"uid":42,"iat":1000,"exp":1060,"jti":"x"}"#,
            r#"{"app_id":7,"uid":-1,"iat":1000,"exp":1060,"jti":"x"}"#,
            r#"{"app_id":7,"uid":"","iat":1000,"exp":1060,"jti":"x"}"#,
            r#"{"app_id":7,"uid":42,"iat":1062,"exp":1063,"jti":"x"}"#,
            r#"{"app_id":7,"uid":42,"iat":1000,"exp":1000,"jti":"x"}"#,
            r#"{"app_id":7,"uid":42,"iat":1000,"exp":99999999,"jti":"x"}"#,
            "[]",
            "",
        ] {
            let verdict = verify(&signed(header, broken), &secret(), RULES, now);
            assert_eq!(verdict, Err(ErrorCode::InvalidToken), "{broken}");
        }
    }
}
