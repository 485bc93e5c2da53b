//! How the service's API is asked where a promise says so: who asks, and where its document is.

use crate::{Check, Login, Spec};

impl Spec {
    /// Who asks the API, of the first promise that names somebody: `All CRUD endpoints work as {env.API_TOKEN}`.
    ///
    /// ```
    /// use seaworthy_spec::Spec;
    ///
    /// let spec = Spec::parse("## Success Criteria\n- [ ] All CRUD endpoints work as {env.API_TOKEN} (openapi: /spec.yaml)\n")?;
    /// assert_eq!(spec.login().map(ToString::to_string).as_deref(), Some("{env.API_TOKEN}"));
    /// assert_eq!(spec.openapi(), Some("/spec.yaml"));
    /// # Ok::<(), seaworthy_spec::SpecError>(())
    /// ```
    pub fn login(&self) -> Option<&Login> {
        self.checks().find_map(|check| match check {
            Check::ApiCrud { login, .. } => login.as_ref(),
            _ => None,
        })
    }

    /// The path of the API's document, of the first promise that names it.
    pub fn openapi(&self) -> Option<&str> {
        self.checks().find_map(|check| match check {
            Check::ApiCrud { openapi, .. } => openapi.as_deref(),
            _ => None,
        })
    }
}
