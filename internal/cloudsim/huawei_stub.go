package cloudsim

import "time"

type keyLock struct {
	failures int
	until    time.Time
}

type userToken struct {
	keyID   string
	expires time.Time
}

func parseHuawei(req *request) {}

func (s *Sim) huawei(req *request) answer { return answer{status: 501} }

func huaweiFault(req *request, kind FaultKind) answer { return answer{status: 501} }
