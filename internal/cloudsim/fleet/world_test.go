package fleet

import "testing"

// twoAccounts is a fleet in which both accounts of one cloud have an instance with the same id.
func twoAccounts() Fleet {
	return Fleet{Accounts: []Account{
		{Cloud: Alibaba, AccessKeyID: "a", Instances: []Instance{{ID: "same", Name: "of a", Tags: map[string]string{"env": "prod"}}}},
		{Cloud: Alibaba, AccessKeyID: "b", Instances: []Instance{{ID: "same", Name: "of b"}}},
		{Cloud: Huawei, AccessKeyID: "a"},
	}}
}

func TestWorldFindsInstances(t *testing.T) {
	w := NewWorld(twoAccounts())
	w.Update(func(f *Fleet) {
		f.Accounts[2].Instances = append(f.Accounts[2].Instances, Instance{ID: "new", Name: "added later"})
	})
	for name, tc := range map[string]struct{ cloud, key, id, want string }{
		"first account":         {Alibaba, "a", "same", "of a"},
		"second account":        {Alibaba, "b", "same", "of b"},
		"added by Update":       {Huawei, "a", "new", "added later"},
		"of another cloud":      {Huawei, "a", "same", ""},
		"of another account":    {Huawei, "b", "new", ""},
		"unknown in every part": {"", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if in := w.Instance(tc.cloud, tc.key, tc.id); in != nil {
				got = in.Name
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestWorldFindsAccounts(t *testing.T) {
	w := NewWorld(twoAccounts())
	if a := w.Account(Huawei, "a"); a == nil || a.Cloud != Huawei {
		t.Errorf("Huawei's a: %v", a)
	}
	if a := w.Account(Huawei, "b"); a != nil {
		t.Errorf("Huawei's b: %v, want none", a)
	}
	if n := len(w.Accounts(Alibaba)); n != 2 {
		t.Errorf("%d accounts at Alibaba, want 2", n)
	}
}

func TestWorldHoldsACopy(t *testing.T) {
	f := twoAccounts()
	w := NewWorld(f)
	f.Accounts[0].Instances[0].Tags["env"] = "changed"
	if got := w.Instance(Alibaba, "a", "same").Tags["env"]; got != "prod" {
		t.Errorf("the tag in the world is %q, want prod", got)
	}
}
