package wire

// cursor reads JSON that is known to be valid, once from its beginning to its end. It does not recurse and allocates
// nothing, so that no nesting can cost stack or memory.
type cursor struct {
	data []byte
	at   int
}

// next skips white space and returns the first byte of what follows. It does not consume that byte.
func (c *cursor) next() byte {
	for c.data[c.at] <= ' ' {
		c.at++
	}
	return c.data[c.at]
}

// enter consumes the opening bracket of an object or list.
func (c *cursor) enter() {
	c.next()
	c.at++
}

// more reports whether another member or element follows in an object or list that ends with the byte end. It consumes
// the comma before it, or else end.
func (c *cursor) more(end byte) bool {
	switch c.next() {
	case end:
		c.at++
		return false
	case ',':
		c.at++
	}
	return true
}

// key consumes the key of a member and the colon, and returns the key as it is written, without its quotes.
func (c *cursor) key() []byte {
	key := c.value()
	c.enter() // the colon
	return key[1 : len(key)-1]
}

// value consumes a value of any type and returns it as it is written.
func (c *cursor) value() []byte {
	first, start := c.next(), c.at
	switch first {
	case '"':
		c.skipString()
	case '{', '[':
		c.skipNested()
	default:
		c.skipLiteral()
	}
	return c.data[start:c.at]
}

func (c *cursor) skipString() {
	for c.at++; ; c.at += 2 { // over an escape
		c.at += plain(c.data[c.at:])
		if c.data[c.at] == '"' {
			c.at++
			return
		}
	}
}

func (c *cursor) skipNested() {
	for depth := 0; ; {
		switch c.data[c.at] {
		case '"':
			c.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		c.at++
		if depth == 0 {
			return
		}
	}
}

// skipLiteral skips a number, true, false or null.
func (c *cursor) skipLiteral() {
	for c.at < len(c.data) {
		switch c.data[c.at] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return
		}
		c.at++
	}
}

// count returns how many elements the list at the cursor has, but at most one more than limit. It consumes nothing.
func (c *cursor) count(limit int) int {
	ahead := *c
	n := 0
	for ahead.enter(); n <= limit && ahead.more(']'); n++ {
		ahead.value()
	}
	return n
}
