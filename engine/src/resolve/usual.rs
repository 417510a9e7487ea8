//! By whom the administrator grants where nobody is named.
//!
//! Who acts as the owner grants as the owner. Others need grant options: their own, and those of
//! roles that they may act as. Not here: what stands already (`standing`), `granted_by`, how a
//! statement comes to have its grantor (the provider). Invariant: what nobody has an option for is
//! the administrator's own to grant, which is refused where grants are written.

use crate::acl::{Grantor, Holding};
use crate::change::Place;
use crate::declared::RoleKind;
use crate::name::RoleName;
use crate::object::Object;
use crate::privilege::PrivilegeSet;
use crate::resolve::{Desired, Question};

/// The grantors of one object, and what each may grant, no privilege twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Usual(Vec<(Grantor, PrivilegeSet)>);

impl Usual {
    /// Those of an object of `owner`.
    pub(super) fn of(
        question: &Question<'_>,
        desired: &Desired,
        (place, object): (&Place, &Object),
        owner: &RoleName,
    ) -> Usual {
        let admin = &question.observed.admin;
        // In default privileges the creator stands as the grantor, whoever wrote them.
        if matches!(object, Object::Default(_)) || admin.may_act_as(owner) {
            return Usual(vec![(Grantor::Owner, PrivilegeSet::all())]);
        }
        let mut grantors = Vec::new();
        let mut left = PrivilegeSet::all();
        // What roles of the run may grant is about to change.
        let stays = |role: &&RoleName| desired.kinds.get(*role) != Some(&RoleKind::Managed);
        let others = admin.may_become.iter().filter(|role| **role != admin.name).filter(stays);
        for role in std::iter::once(&admin.name).chain(others) {
            let may = question.observed.options_of(role, (place, object)).intersection(left);
            if !may.is_empty() {
                grantors.push((Grantor::Role(role.clone()), may));
                left = left.minus(may);
            }
        }
        grantors.push((Grantor::Role(admin.name.clone()), left));
        Usual(grantors)
    }

    /// Whether it is the owner.
    pub(super) fn is_owner(&self) -> bool {
        self.0.iter().all(|(grantor, _)| *grantor == Grantor::Owner)
    }

    /// Privileges and grant options by who grants them.
    pub(super) fn holdings(&self, privileges: PrivilegeSet, grantable: PrivilegeSet) -> Vec<Holding> {
        let holding = |(grantor, may): &(Grantor, PrivilegeSet)| Holding {
            grantor: grantor.clone(),
            privileges: privileges.intersection(*may),
            grantable: grantable.intersection(*may),
        };
        self.0.iter().map(holding).collect()
    }
}
