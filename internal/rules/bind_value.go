package rules

// nobody names the columns in which nobody is user 1, the system itself.
var nobody = map[string]bool{"created_by_id": true, "updated_by_id": true, "owner_id": true, "customer_id": true, "user_id": true}

// predicate makes of a comparison what it asks of a value.
func (b *binder) predicate(c *comparison) (predicate, error) {
	o := c.operator
	switch o.family {
	case equality:
		return b.equality(c)
	case membership:
		return among{set: c.values, negated: o.negated}, nil
	case matching:
		return having{texts: c.tokens, place: o.place, negated: o.negated, null: nullIfNot(o.negated)}, nil
	case regular:
		return fitting{pattern: c.tokens[0], compiled: c.pattern, negated: o.negated}, nil
	case holding:
		return keyed{keys: c.tokens, all: o.all, negated: o.negated}, nil
	case size:
		return ordered{order: o.order, limit: c.values}, nil
	}
	return b.moment(c), nil
}

// nullIfNot is for operators whose negation fits what is not set.
func nullIfNot(negated bool) ifNull {
	if negated {
		return nullFits
	}
	return nullUnknown
}

func (b *binder) equality(c *comparison) (predicate, error) {
	in := among{set: c.values, negated: c.operator.negated}
	user := b.context.User
	if user == nil && (c.pre == currentUser || c.pre == currentOrganization) {
		return nil, errNoUser
	}
	switch c.pre {
	case notSet:
		in.set = set{kind: c.attribute.kind}
		if nobody[c.attribute.name] {
			in.set.numbers = []int64{1}
		}
		in.null = nullFits
		if in.negated {
			in.null = nullFails
		}
		return in, nil
	case currentUser:
		in.set = set{kind: Number, numbers: []int64{int64(user.ID)}}
	case currentOrganization:
		return user.organizations(in.negated), nil
	}
	blank := in.set.empty || c.null
	switch {
	case c.attribute.kind == External: // it has no say on what is not set
	case in.negated && blank:
		in.null = nullFails
	case in.negated || blank:
		in.null = nullFits
	}
	return in, nil
}

// organizations are those that current_user.organization_id means: all of the user's, but for "is
// not" only the primary one.
func (u *User) organizations(negated bool) among {
	in := among{set: set{kind: Number}, negated: negated, null: nullIfNot(negated)}
	if u.Organization != nil {
		in.set.numbers = append(in.set.numbers, int64(*u.Organization))
	}
	if negated {
		return in
	}
	for _, id := range u.Organizations {
		in.set.numbers = append(in.set.numbers, int64(id))
	}
	return in
}

func (b *binder) moment(c *comparison) predicate {
	var p between
	if c.operator.span == today {
		from, to := localDay(b.context.Now, b.context.Zone)
		if c.attribute.kind == Date {
			from, to = b.today(), b.today()
		}
		return between{from: &from, to: &to}
	}
	p.from, p.to = c.operator.span.bounds(b.context.Now, c.at, c.span)
	if c.attribute.kind == Date {
		if p.from != nil {
			p.from = new(day(*p.from))
		}
		if p.to != nil {
			p.to = new(day(*p.to))
		}
	}
	return p
}
