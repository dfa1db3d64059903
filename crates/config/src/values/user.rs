//! Users and groups (`spec/config-language.md` section 8.3).

use crate::Users;
use model::Credentials;

/// Why a user cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UserError {
    /// No such user.
    #[error("there is no user '{0}'")]
    User(String),
    /// No such group.
    #[error("there is no group '{0}'")]
    Group(String),
}

/// `USER [[:]GROUP]`: names, not numbers. A `:` before the group, or alone, adds the user's supplementary groups.
pub(crate) fn credentials(
    user: &str,
    group: Option<&str>,
    users: &dyn Users,
) -> Result<Credentials, UserError> {
    let found = users.user(user).ok_or_else(|| UserError::User(user.to_owned()))?;
    let (supplementary, group) = match group.and_then(|group| group.strip_prefix(':')) {
        Some("") => (true, None),
        Some(group) => (true, Some(group)),
        None => (false, group),
    };
    let gid = match group {
        None => found.gid,
        Some(name) => users
            .group(name)
            .ok_or_else(|| UserError::Group(name.to_owned()))?,
    };
    Ok(Credentials {
        uid: found.uid,
        gid,
        supplementary_groups: if supplementary {
            users.groups_of(&found)
        } else {
            Vec::new()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemoryUsers;

    #[test]
    fn a_group_may_ask_for_the_supplementary_ones() {
        let known = |user, group| credentials(user, group, &MemoryUsers);
        let with = |gid, supplementary_groups| {
            Ok(Credentials {
                uid: 1000,
                gid,
                supplementary_groups,
            })
        };
        assert_eq!(known("deploy", None), with(1000, vec![]));
        assert_eq!(known("deploy", Some("adm")), with(4, vec![]));
        assert_eq!(known("deploy", Some(":")), with(1000, vec![1000, 4]));
        assert_eq!(known("deploy", Some(":adm")), with(4, vec![1000, 4]));
        assert_eq!(known("0", None), Err(UserError::User("0".to_owned())));
        assert_eq!(
            known("deploy", Some("zz")),
            Err(UserError::Group("zz".to_owned()))
        );
    }
}
