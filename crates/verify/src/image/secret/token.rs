//! Tokens that name themselves by how they begin.

use super::place::Place;
use super::plausible::{base62, crc32, is_bech32, is_random};
use super::{Hit, Strength};

/// One kind of token.
pub(super) struct Token {
    pub(super) literal: &'static str,
    kind: &'static str,
    shape: Shape,
}

/// What must follow the literal.
enum Shape {
    /// At least so many characters of the set; the literal is distinctive, so what stands around it does not matter
    /// (strings in a compiled program stand next to each other without a gap).
    AtLeast(usize, Set),
    /// Exactly so many, with something else on both sides: for short literals, which base 64 text contains by chance.
    Exactly(usize, Set),
    /// 30 characters and their checksum: GitHub's form, which npm took over.
    Checksummed,
    /// A rule of its own.
    Special(fn(&Place) -> Option<Strength>),
    /// As the shape says, but it proves little.
    Weak(usize, Set),
}

/// Characters of a token.
#[derive(Clone, Copy)]
enum Set {
    Letters,
    Word,
    Hex,
    Base32,
    Base64,
    Dotted,
}

impl Set {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Letters => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'='),
        }
    }

    /// Its characters from here on, at most so many.
    fn run(self, bytes: &[u8], most: usize) -> &[u8] {
        let bytes = &bytes[..bytes.len().min(most)];
        &bytes[..bytes.iter().position(|&byte| !self.has(byte)).unwrap_or(bytes.len())]
    }
}

const fn token(literal: &'static str, kind: &'static str, shape: Shape) -> Token {
    Token { literal, kind, shape }
}

/// How much of a token is looked at beyond what its form demands: an example's word may stand there.
const BEYOND: usize = 40;

/// Every kind of token. A new one is one line, and one in the tests.
pub(super) const TOKENS: &[Token] = {
    use Set::{Base64, Dotted, Hex, Letters, Word};
    use Shape::{AtLeast, Checksummed, Exactly, Special, Weak};
    &[
        token("ghp_", "GitHub token", Checksummed),
        token("gho_", "GitHub token", Checksummed),
        token("ghu_", "GitHub token", Checksummed),
        token("ghs_", "GitHub token", Checksummed),
        token("ghr_", "GitHub token", Checksummed),
        token("github_pat_", "GitHub token", AtLeast(60, Word)),
        token("npm_", "npm token", Checksummed),
        token("glpat-", "GitLab token", AtLeast(20, Word)),
        token("gldt-", "GitLab deploy token", AtLeast(20, Word)),
        token("glrt-", "GitLab runner token", AtLeast(20, Word)),
        token("glptt-", "GitLab trigger token", AtLeast(40, Word)),
        token("AKIA", "AWS access key id", Special(aws_key_id)),
        token("ASIA", "AWS access key id", Special(aws_key_id)),
        token("aws_secret_access_key", "AWS secret access key", Special(aws_secret)),
        token("AWS_SECRET_ACCESS_KEY", "AWS secret access key", Special(aws_secret)),
        token("SecretAccessKey", "AWS secret access key", Special(aws_secret)),
        token("secretAccessKey", "AWS secret access key", Special(aws_secret)),
        token("xoxb-", "Slack token", Special(slack)),
        token("xoxp-", "Slack token", Special(slack)),
        token("xoxa-", "Slack token", Special(slack)),
        token("xoxr-", "Slack token", Special(slack)),
        token("xoxs-", "Slack token", Special(slack)),
        token("xoxe.", "Slack token", AtLeast(40, Dotted)),
        token("xapp-1-", "Slack token", AtLeast(40, Word)),
        token("hooks.slack.com/services/T", "Slack webhook", AtLeast(36, Base64)),
        token("sk_live_", "Stripe key", AtLeast(16, Letters)),
        token("rk_live_", "Stripe key", AtLeast(16, Letters)),
        token("sk_test_", "Stripe test key", Weak(16, Letters)),
        token("whsec_", "webhook secret", AtLeast(32, Base64)),
        token("AIza", "Google API key", Exactly(35, Word)),
        token("GOCSPX-", "Google client secret", AtLeast(28, Word)),
        token("ya29.", "Google access token", Weak(60, Word)),
        token("AccountKey=", "Azure storage key", Special(azure_key)),
        token("SharedAccessKey=", "Azure shared access key", Special(azure_shared_key)),
        token("sig=", "Azure shared access signature", Special(azure_signature)),
        token("pypi-AgE", "PyPI token", AtLeast(50, Word)),
        token("dckr_pat_", "Docker Hub token", AtLeast(24, Word)),
        token("dckr_oat_", "Docker Hub token", AtLeast(24, Word)),
        token("cio", "crates.io token", Exactly(32, Letters)),
        token("rubygems_", "RubyGems token", AtLeast(48, Hex)),
        token("oy2", "NuGet key", Exactly(43, Letters)),
        token("sk-ant-", "Anthropic key", AtLeast(48, Word)),
        token("sk-proj-", "OpenAI key", AtLeast(48, Word)),
        token("sk-svcacct-", "OpenAI key", AtLeast(48, Word)),
        token("T3BlbkFJ", "OpenAI key", Special(openai)),
        token("sk-or-v1-", "OpenRouter key", AtLeast(64, Hex)),
        token("hf_", "Hugging Face token", Exactly(34, Letters)),
        token("gsk_", "Groq key", Exactly(52, Letters)),
        token("r8_", "Replicate token", Exactly(37, Letters)),
        token("xai-", "xAI key", Exactly(80, Letters)),
        token("pplx-", "Perplexity key", Exactly(48, Letters)),
        token("napi_", "Neon API key", AtLeast(48, Letters)),
        token("npg_", "Neon password", Exactly(12, Letters)),
        token("sbp_", "Supabase token", AtLeast(40, Hex)),
        token("sb_secret_", "Supabase key", AtLeast(20, Word)),
        token("pscale_tkn_", "PlanetScale token", AtLeast(32, Word)),
        token("pscale_pw_", "PlanetScale password", AtLeast(32, Word)),
        token(".atlasv1.", "Terraform Cloud token", AtLeast(60, Word)),
        token("hvs.", "Vault token", AtLeast(90, Word)),
        token("hvb.", "Vault token", AtLeast(90, Word)),
        token("SG.", "SendGrid key", Special(sendgrid)),
        token("SK", "Twilio key id", Special(twilio)),
        token("HRKU-AA", "Heroku key", AtLeast(58, Word)),
        token("AGE-SECRET-KEY-1", "age secret key", Special(age)),
        token("dop_v1_", "DigitalOcean token", AtLeast(64, Hex)),
        token("doo_v1_", "DigitalOcean token", AtLeast(64, Hex)),
        token("dor_v1_", "DigitalOcean token", AtLeast(64, Hex)),
        token("shpat_", "Shopify token", AtLeast(32, Hex)),
        token("shpss_", "Shopify secret", AtLeast(32, Hex)),
        token("dapi", "Databricks token", Exactly(32, Hex)),
        token("dp.pt.", "Doppler token", AtLeast(40, Letters)),
        token("dp.st.", "Doppler token", AtLeast(40, Dotted)),
        token("glsa_", "Grafana token", AtLeast(41, Word)),
        token("glc_eyJ", "Grafana token", AtLeast(40, Base64)),
        token("pul-", "Pulumi token", Exactly(40, Hex)),
        token("FlyV1 fm2_", "Fly.io token", AtLeast(80, Base64)),
        token("PMAK-", "Postman key", AtLeast(59, Word)),
        token("NRAK-", "New Relic key", AtLeast(27, Letters)),
        token("sntrys_eyJ", "Sentry token", AtLeast(60, Dotted)),
        token("sntryu_", "Sentry token", AtLeast(64, Hex)),
        token("lin_api_", "Linear key", AtLeast(40, Letters)),
        token("figd_", "Figma token", AtLeast(40, Word)),
        token("ATATT3xFfGF0", "Atlassian token", AtLeast(100, Dotted)),
        token("AKCp", "Artifactory key", Exactly(69, Letters)),
        token("tskey-auth-", "Tailscale key", AtLeast(30, Word)),
        token("tskey-api-", "Tailscale key", AtLeast(30, Word)),
        token("ops_eyJ", "1Password token", AtLeast(250, Base64)),
        token("discord.com/api/webhooks/", "Discord webhook", AtLeast(80, Dotted)),
        token("discordapp.com/api/webhooks/", "Discord webhook", AtLeast(80, Dotted)),
        token("Private-Lines: ", "PuTTY private key", Special(putty)),
        // Where the second part of one begins: each part is then looked at a few times, however many there are.
        token(".eyJ", JWT, Special(jwt)),
    ]
};

/// The second name that a JSON web token gets when what it says is worse.
pub(super) const SERVICE_ROLE: &str = "Supabase service role key";
const JWT: &str = "JSON web token";

impl Token {
    /// The finding that says all that this kind of token can say of a stream.
    pub(super) fn certain(&self) -> Hit {
        Hit { strength: Strength::Certain, kind: self.kind }
    }

    /// Whether what was found there is such a token.
    pub(super) fn hit(&self, place: &Place) -> Option<Hit> {
        let from = self.literal.len();
        let certain_if = |good: bool| good.then_some(Strength::Certain);
        let strength = match self.shape {
            Shape::AtLeast(least, set) => {
                let run = set.run(place.ahead(from, least + BEYOND), least + BEYOND);
                certain_if(run.len() >= least && is_random(run) && has_letter_and_digit(run))
            }
            Shape::Weak(least, set) => {
                let run = set.run(place.ahead(from, least + BEYOND), least + BEYOND);
                (run.len() >= least && is_random(run)).then_some(Strength::Doubtful)
            }
            Shape::Exactly(length, set) => {
                let after = place.ahead(from, length + 1);
                let run = set.run(after, length + 1);
                let alone = !place.before(1).last().is_some_and(|&byte| is_base64(byte))
                    && !after.get(run.len()).is_some_and(|&byte| is_base64(byte));
                certain_if(alone && run.len() == length && is_random(run) && has_letter_and_digit(run))
            }
            Shape::Checksummed => checksummed(place.ahead(from, 37)),
            Shape::Special(rule) => rule(place),
        }?;
        if self.kind == JWT && strength == Strength::Certain {
            return Some(Hit { strength, kind: SERVICE_ROLE });
        }
        Some(Hit { strength, kind: self.kind })
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-')
}

fn has_letter_and_digit(run: &[u8]) -> bool {
    run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_alphabetic)
}

/// A wrong checksum is a typing error, an invented token, or a form that is newer than this program.
fn checksummed(after: &[u8]) -> Option<Strength> {
    let run = Set::Letters.run(after, 37);
    let (random, sum) = (run.get(..30)?, run.get(30..36)?);
    if !is_random(random) {
        return None;
    }
    if base62(crc32(random)) == sum {
        Some(Strength::Certain)
    } else {
        (run.len() == 36 && has_letter_and_digit(run)).then_some(Strength::Doubtful)
    }
}

/// Sixteen characters of base 32 behind the four letters, and no more.
fn aws_key_id(place: &Place) -> Option<Strength> {
    let after = place.ahead(4, 18);
    let run = Set::Base32.run(after, 17);
    let ends = !after.get(run.len()).is_some_and(u8::is_ascii_digit);
    (run.len() == 16 && ends && is_random(run)).then_some(Strength::Certain)
}

/// The name, up to eight signs between, 40 characters.
fn aws_secret(place: &Place) -> Option<Strength> {
    let text = place.ahead(0, 80);
    let name = text.iter().position(|byte| !byte.is_ascii_alphabetic() && *byte != b'_')?;
    let after = &text[name..];
    let signs =
        after.iter().take(8).take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b':' | b'=' | b'>' | b'\t'));
    let run = Set::Base64.run(&after[signs.count()..], 41);
    (run.len() == 40 && is_random(run) && has_letter_and_digit(run)).then_some(Strength::Certain)
}

fn slack(place: &Place) -> Option<Strength> {
    let run = Set::Word.run(place.ahead(5, 80), 80);
    let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
    (run.len() >= 30 && digits >= 10 && is_random(run)).then_some(Strength::Certain)
}

/// 64 bytes in base 64. The emulator's key is the same for everyone.
fn azure_key(place: &Place) -> Option<Strength> {
    const EMULATOR: &[u8] = b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu";
    let run = Set::Base64.run(place.ahead("AccountKey=".len(), 89), 89);
    (run.len() == 88 && run.ends_with(b"==") && !run.starts_with(EMULATOR) && is_random(run))
        .then_some(Strength::Certain)
}

fn azure_shared_key(place: &Place) -> Option<Strength> {
    let run = Set::Base64.run(place.ahead("SharedAccessKey=".len(), 45), 45);
    (run.len() == 44 && run.ends_with(b"=") && is_random(run)).then_some(Strength::Certain)
}

/// `sig=` among the other parameters of a shared access signature, 32 bytes in base 64, percent-encoded.
fn azure_signature(place: &Place) -> Option<Strength> {
    let is_part = |byte: u8| Set::Base64.has(byte) || byte == b'%';
    let after = place.ahead(4, 65);
    let run = &after[..after.iter().position(|&byte| !is_part(byte)).unwrap_or(after.len())];
    let long_enough = (43..=64).contains(&run.len()) && (run.ends_with(b"%3D") || run.ends_with(b"="));
    if !long_enough || !is_random(run) {
        return None;
    }
    let is_query = |byte: u8| is_part(byte) || matches!(byte, b'&' | b'-' | b':' | b'.' | b'_' | b'~');
    let before = place.before(256);
    let from = before.iter().rposition(|&byte| !is_query(byte)).map_or(0, |at| at + 1);
    let behind = place.ahead(4 + run.len(), 256);
    let rest = behind.iter().take_while(|&&byte| is_query(byte)).count();
    let query = [&before[from..], &behind[..rest]].concat();
    let names = |name: &[u8]| query.windows(name.len()).any(|window| window == name);
    (names(b"se=") && names(b"sv=")).then_some(Strength::Certain)
}

/// `SG.` 22 characters `.` 43 characters.
fn sendgrid(place: &Place) -> Option<Strength> {
    let text = place.ahead(3, 68);
    let id = Set::Word.run(text, 23);
    let rest = text[id.len()..].strip_prefix(b".")?;
    let secret = Set::Word.run(rest, 44);
    (id.len() == 22 && secret.len() == 43 && is_random(secret)).then_some(Strength::Certain)
}

/// An id alone opens nothing.
fn twilio(place: &Place) -> Option<Strength> {
    let after = place.ahead(2, 34);
    let run = Set::Hex.run(after, 33);
    let alone = !place.before(1).last().is_some_and(u8::is_ascii_alphanumeric)
        && !after.get(run.len()).is_some_and(u8::is_ascii_alphanumeric);
    let lower = !run.iter().any(u8::is_ascii_uppercase);
    (alone && lower && run.len() == 32 && is_random(run)).then_some(Strength::Doubtful)
}

fn age(place: &Place) -> Option<Strength> {
    let length = "AGE-SECRET-KEY-1".len() + 58;
    let text = place.ahead(0, length);
    let data = text.get("AGE-SECRET-KEY-1".len()..).filter(|_| text.len() == length)?;
    if !data.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) || !is_random(data) {
        return None;
    }
    Some(if is_bech32(text) { Strength::Certain } else { Strength::Doubtful })
}

/// The vendor's name in base 64 stands in the middle of each of its keys.
fn openai(place: &Place) -> Option<Strength> {
    let tail = Set::Word.run(place.ahead(8, 60), 60);
    if tail.len() < 20 || !is_random(tail) {
        return None;
    }
    let before = place.before(160);
    let from = before.iter().rposition(|&byte| !Set::Word.has(byte)).map_or(0, |at| at + 1);
    let head = &before[from..];
    let start = head.windows(3).rposition(|window| window == b"sk-")?;
    (head.len() - start >= 23).then_some(Strength::Certain)
}

/// The number of lines, and the first of them.
fn putty(place: &Place) -> Option<Strength> {
    let text = place.ahead("Private-Lines: ".len(), 80);
    let line = text.iter().position(|&byte| byte == b'\n')?;
    let number = text[..line].trim_ascii_end();
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    (is_number && Set::Base64.run(&text[line + 1..], 64).len() >= 32).then_some(Strength::Certain)
}

/// Header, payload and signature. Most are short-lived or public; the one that opens a whole Supabase project is neither.
fn jwt(place: &Place) -> Option<Strength> {
    use super::plausible::base64;
    let before = place.run_before(|byte| Set::Word.has(byte));
    let header = &before[before.windows(3).position(|window| window == b"eyJ")?..];
    let payload = place.run_ahead(1, |byte| Set::Word.has(byte));
    let signature = place.run_ahead(1 + payload.len() + 1, |byte| Set::Word.has(byte));
    let dot = place.ahead(1 + payload.len(), 1) == b".";
    if !dot || signature.len() < 32 || !is_random(&signature[..signature.len().min(128)]) {
        return None;
    }
    let has = |text: &[u8], word: &[u8]| base64(text).windows(word.len()).any(|window| window == word);
    if !has(header, b"\"alg\"") || has(payload, b"\"John Doe\"") {
        return None;
    }
    Some(if has(payload, b"\"service_role\"") { Strength::Certain } else { Strength::Doubtful })
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    /// Characters that look random, without a run of the same.
    fn random(length: usize, alphabet: &[u8]) -> String {
        let mut state = 0x2545_f491_u64;
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(alphabet[(state >> 33) as usize % alphabet.len()])
            })
            .collect()
    }

    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWYZabcdefghijkmnopqrstuvwyz23456789";

    #[track_caller]
    fn check(text: &str, expected: &[(Strength, &str)]) {
        let found: Vec<_> = scan(text.as_bytes()).into_iter().map(|hit| (hit.strength, hit.kind)).collect();
        assert_eq!(found, expected, "{text}");
        // The same in the middle of a line.
        let found: Vec<_> =
            scan(format!("key: \"{text}\";").as_bytes()).into_iter().map(|hit| (hit.strength, hit.kind)).collect();
        assert_eq!(found, expected, "\"{text}\"");
    }

    #[test]
    fn every_kind_of_token_is_found_by_its_form_and_not_by_its_beginning_alone() {
        let special = [".eyJ", "T3BlbkFJ", "Private-Lines: ", "sig="];
        for token in TOKENS.iter().filter(|token| !special.contains(&token.literal)) {
            let digits = match token.shape {
                Shape::AtLeast(length, set) | Shape::Exactly(length, set) | Shape::Weak(length, set) => {
                    random(length, if matches!(set, Set::Hex) { b"0123456789abcdef" } else { LETTERS })
                }
                Shape::Checksummed => {
                    let text = random(30, LETTERS);
                    let sum = base62(crc32(text.as_bytes()));
                    text + std::str::from_utf8(&sum).unwrap()
                }
                Shape::Special(_) => match token.literal {
                    "AKIA" | "ASIA" => random(16, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
                    "aws_secret_access_key" | "AWS_SECRET_ACCESS_KEY" => format!(" = {}", random(40, LETTERS)),
                    "SecretAccessKey" | "secretAccessKey" => format!("\": \"{}", random(40, LETTERS)),
                    "AccountKey=" => random(86, LETTERS) + "==",
                    "SharedAccessKey=" => random(43, LETTERS) + "=",
                    "SG." => format!("{}.{}", random(22, LETTERS), random(43, LETTERS)),
                    "SK" => random(32, b"0123456789abcdef"),
                    "AGE-SECRET-KEY-1" => random(58, b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
                    _ => format!("1234567890{}", random(40, LETTERS)),
                },
            };
            let doubtful =
                matches!(token.shape, Shape::Weak(..)) || ["SK", "AGE-SECRET-KEY-1"].contains(&token.literal);
            let strength = if doubtful { Strength::Doubtful } else { Strength::Certain };
            check(&format!("{}{digits}", token.literal), &[(strength, token.kind)]);
            check(token.literal, &[]);
            check(&format!("{}{}", token.literal, "x".repeat(100)), &[]);
        }
    }

    #[test]
    fn what_documentation_shows_is_no_token() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "ghp_your_token_here",
        ] {
            check(text, &[]);
        }
        check(&["ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"].concat(), &[]);
        check(&["ghp_", &random(36, LETTERS)].concat(), &[(Strength::Doubtful, "GitHub token")]);
    }

    #[test]
    fn a_web_token_is_doubtful_unless_it_opens_everything() {
        let encode = |text: &str| crate::image::tests::base64(text.as_bytes()).replace(['=', '+', '/'], "");
        let token = |payload: &str| {
            format!("{}.{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(payload), random(43, LETTERS))
        };
        check(&token(r#"{"sub":"8471","role":"anon"}"#), &[(Strength::Doubtful, JWT)]);
        check(&token(r#"{"iss":"supabase","role":"service_role"}"#), &[(Strength::Certain, SERVICE_ROLE)]);
        check(&token(r#"{"sub":"1234567890","name":"John Doe"}"#), &[]);
    }

    #[test]
    fn tokens_with_a_mark_in_their_middle_are_found_by_it() {
        let openai = format!("sk-{}T3BlbkFJ{}", random(20, LETTERS), random(20, LETTERS));
        check(&openai, &[(Strength::Certain, "OpenAI key")]);
        let azure = format!("?sv=2022-11-02&ss=b&se=2030-01-01T00:00:00Z&sig={}%3D", random(43, LETTERS));
        check(&azure, &[(Strength::Certain, "Azure shared access signature")]);
        check(&azure.replace("se=", "xx="), &[]);
        let putty = format!("PuTTY-User-Key-File-2: ssh-rsa\r\nPrivate-Lines: 1\r\n{}\r\n", random(64, LETTERS));
        check(&putty, &[(Strength::Certain, "PuTTY private key")]);
        check("Private-Lines: %d\nabcdefghijklmnopqrstuvwxyzabcdefghijkl", &[]);
    }
}
