//! `registry.platforms`: Image is for {platforms}.

use seaworthy_image::{Digest, Platform};

use crate::beyond::{command, short};
use crate::travel::Names;
use crate::{Finding, Subject};

/// What the index offers that holds the image.
#[derive(Debug, Clone)]
pub struct Offers {
    pub index: Digest,
    pub images: Vec<Offer>,
}

/// One image of an index.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What the index says that it is for.
    pub told: Platform,
    /// What its own config says; the error says why that could not be read.
    pub own: Result<Platform, String>,
}

/// One platform may be the image's own; several are offered by an index.
pub(crate) fn platforms(subject: &Subject<'_>, wanted: &[String]) -> Finding {
    let own = subject.image.config.platform();
    let is_own = |wanted: &String| matches(&own, wanted);
    if let [one] = wanted
        && is_own(one)
    {
        return Finding::pass(format!("the image is for {own}"));
    }
    let Some(there) = &subject.travel.registry else {
        let next = command(subject, "verify HOST/REPO:TAG");
        return Finding::pending(format!("this image is for {own}; an index in a registry offers others"), next);
    };
    let Some(offers) = &there.offers else {
        let alone = [&there.version, &there.latest].into_iter().find(|tag| matches!(tag.names, Names::This));
        if let Some(tag) = alone {
            return Finding::fail(format!("{} names one image, for {own}, and no index", tag.name));
        }
        let next = command(subject, &format!("verify {}:TAG", there.repository));
        return Finding::pending(format!("this image is for {own}; no index is known that holds it"), next);
    };
    judged(offers, wanted)
}

fn judged(offers: &Offers, wanted: &[String]) -> Finding {
    let index = short(&offers.index);
    let told: Vec<String> = offers.images.iter().map(|offer| offer.told.to_string()).collect();
    let seen =
        format!("the index {index} offers {}", if told.is_empty() { "no image".to_owned() } else { told.join(", ") });
    let mut unread = None;
    for wanted in wanted {
        let mut offered = offers.images.iter().filter(|offer| matches(&offer.told.to_string(), wanted)).peekable();
        if offered.peek().is_none() {
            return Finding::fail(format!("{seen}; none for {wanted}"));
        }
        for offer in offered {
            match &offer.own {
                Ok(own) if matches(&own.to_string(), wanted) => {}
                Ok(own) => return Finding::fail(format!("{seen}; the image for {wanted} says that it is for {own}")),
                Err(why) => unread = Some(Finding::unproven(format!("{seen}; the image for {wanted}: {why}"))),
            }
        }
    }
    unread.unwrap_or_else(|| Finding::pass(format!("{seen}, as their configs say")))
}

/// A variant counts only where one is named.
fn matches(platform: &str, wanted: &str) -> bool {
    let parsed = |text: &str| text.parse::<Platform>().ok();
    match (parsed(platform), parsed(wanted)) {
        (Some(platform), Some(wanted)) => wanted.takes(&platform),
        _ => false,
    }
}
