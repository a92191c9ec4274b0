package admin

// Operations are the operations that are served, as "GET /state".
func Operations() []string {
	var list []string
	for _, op := range operations {
		list = append(list, op.method+" "+op.path)
	}
	return list
}
